"""Generic variants of Django's admin and form classes.

Only the type stubs of Django declare them as generic; at run time they cannot be subscripted.
Their forms read dates and times by the fields of ``date_fields.py``.
"""

from typing import TYPE_CHECKING, Generic, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import Model

from clinic.admin.base.date_fields import FORMFIELD_OVERRIDES

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)

if TYPE_CHECKING:

    class ModelAdmin(admin.ModelAdmin[M]): ...

    class ModelForm(forms.ModelForm[M]): ...

    class InlineFormSet(forms.BaseInlineFormSet[M, Parent, forms.ModelForm[M]]): ...

    class TabularInline(admin.TabularInline[M, Parent]): ...

else:

    class ModelAdmin(admin.ModelAdmin, Generic[M]):
        formfield_overrides = FORMFIELD_OVERRIDES

    class ModelForm(forms.ModelForm, Generic[M]): ...

    class InlineFormSet(forms.BaseInlineFormSet, Generic[M, Parent]): ...

    class TabularInline(admin.TabularInline, Generic[M, Parent]):
        formfield_overrides = FORMFIELD_OVERRIDES
