"""What the receiver knows of Elytra's events, as pydantic models."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

NAMES = """
none project customer todo user conversation usergroup calendar rights language document
documentfolder product_attributes product_attribute_groups product product_group product_forest
product_attribute_value product_text product_collector product_language_fallback product_picture
product_structure product_text_style product_language catalog_content product_import
product_search_filter product_product_link attribute_format classification_featuremapping
configuration_files workflow workflow_task pageplan_grid media_explorer attribute_unit
jms_connection_test scheduler_tree_update scheduler_active_table_update jms_performance_test
configfile_history_remove mimetype_plugin pageplan_preview pageplan shortcut pageplan_gridelement
integration_test shortcut_deleteallforuser object_workflow ruleset user_properties
user_attributefilter attribute_rule server_cache_attributrules_changed formula_update
object_workflow_template assetbrowser_node_event client_text_message session_closed
object_workflow_comment enumeration_attribute_chain enumeration_value_chain user_favorites
object_collection scheduler_job attribute_unittype product_mass_modify product_search_subscription
scheduler_job_active_update config scheduler_job_execution_status_changed indexutils_cache_changed
"""

EventType = StrEnum("EventType", {name.upper(): name for name in NAMES.split()})


class Operation(StrEnum):
    ADD = "add"
    MODIFY = "modify"
    REMOVE = "remove"
    LINK = "link"
    UNLINK = "unlink"


Text = Annotated[str, Field(min_length=1)]


class CloudEvent(BaseModel):
    """A CloudEvent; extension attributes that are not named here are kept."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    datacontenttype: Text | None = None
    dataschema: Text | None = None
    subject: Text | None = None
    time: datetime | None = None
    eventtype: EventType | None = None
    operation: Operation | None = None
    data: Any = None


Batch = TypeAdapter(Annotated[list[CloudEvent], Field(max_length=100)])
