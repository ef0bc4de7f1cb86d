"""For all tests: made values are judged by what comes out, never by how long a busy machine took."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.default is not None and settings.default.deadline is not None:  # not where CI has set its own
    settings.load_profile("patient")
