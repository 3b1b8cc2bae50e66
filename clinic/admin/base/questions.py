"""Checkboxes that a form shows once its service has asked about what staff entered."""

from typing import cast

from django import forms
from django.http import QueryDict


def bind_question(
    form: forms.BaseForm, checkbox: str, asked_about: str, entered: str, *, asks: bool, agrees: bool
) -> None:
    """Show the checkbox of a question that is asked or agreed to, and keep what it is about.

    ``checkbox`` and ``asked_about`` are names of fields that are hidden otherwise. ``entered`` are
    the values that the question is about: it counts for no others.
    """
    if asks or agrees:
        form.fields[checkbox].widget = forms.CheckboxInput()
    data = cast("QueryDict", form.data).copy()
    data[form.add_prefix(asked_about)] = entered if asks or agrees else ""
    if not agrees:
        # A hidden field that stays ticked would answer the next question.
        data.pop(form.add_prefix(checkbox), None)
    form.data = data
