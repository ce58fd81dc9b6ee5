"""What an environment must do, check by check; :mod:`myoshu.client.environment_checks` makes them."""
