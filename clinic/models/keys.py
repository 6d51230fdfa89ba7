from django.db import models


class EncryptionKey(models.Model):
    """A key that has sealed something here, by its id; the key itself is only in the environment.

    `canary` was sealed with it: who cannot open that has lost the key, and must hear so at the
    start and not when the first record stays shut.
    """

    key_id = models.CharField(primary_key=True, max_length=20)
    canary = models.BinaryField()
    first_used_at = models.DateTimeField(auto_now_add=True)
    # What older keys sealed is being sealed anew with this one (`rotation.py`).
    is_taking_over = models.BooleanField(default=False)

    class Meta:
        ordering = ["first_used_at"]

    def __str__(self) -> str:
        return f"EncryptionKey {self.pk}"
