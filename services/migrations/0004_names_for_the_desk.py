"""Names of the catalogue as the desk shows them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0003_revisions"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="agency",
            options={"verbose_name": "cơ quan", "verbose_name_plural": "cơ quan"},
        ),
        migrations.AlterModelOptions(
            name="form",
            options={"verbose_name": "biểu mẫu điện tử", "verbose_name_plural": "biểu mẫu điện tử"},
        ),
        migrations.AlterModelOptions(
            name="procedureversion",
            options={
                "verbose_name": "thủ tục (phiên bản)",
                "verbose_name_plural": "thủ tục (các phiên bản)",
            },
        ),
    ]
