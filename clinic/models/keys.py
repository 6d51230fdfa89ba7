from django.db import models


class EncryptionKey(models.Model):
    """A key that has encrypted something here, by id; the key itself is only in the environment.

    `canary` was encrypted with it: if it cannot be opened, the key is lost, and this must show at
    startup, not when the first record cannot be read.
    """

    key_id = models.CharField(primary_key=True, max_length=20)
    canary = models.BinaryField()
    first_used_at = models.DateTimeField(auto_now_add=True)
    # Older keys' data is being re-encrypted with this one (`rotation.py`).
    is_taking_over = models.BooleanField(default=False)

    class Meta:
        ordering = ["first_used_at"]

    def __str__(self) -> str:
        return f"EncryptionKey {self.pk}"
