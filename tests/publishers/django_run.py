# SPDX-License-Identifier: MIT
"""
Runs code of a test, from standard input, with Django, for an application that
lies in the folder APPLICATION.
"""

import os
import sys

import django
import pymysql
from django.conf import settings

pymysql.install_as_MySQLdb()
sys.path.insert(0, os.environ["APPLICATION"])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "HOST": os.environ["SOCKET"],
            "NAME": "booking",
            "USER": "hooks_app",
            "PASSWORD": os.environ["PASSWORD"],
        }
    },
    INSTALLED_APPS=["booking"],
    TIME_ZONE="America/New_York",
    USE_TZ=True,
    VYTE_HOOKS_ORGANIZATION=os.environ["ORGANIZATION"],
)
django.setup()
exec(sys.stdin.read())
