"""All SQL of the page, a module for each of its pages: functions that take a connection and return typed rows."""
