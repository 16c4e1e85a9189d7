// The names that Elytra's events have.

export const EVENT_TYPES = [
  "none", "project", "customer", "todo", "user", "conversation", "usergroup", "calendar", "rights",
  "language", "document", "documentfolder", "product_attributes", "product_attribute_groups", "product",
  "product_group", "product_forest", "product_attribute_value", "product_text", "product_collector",
  "product_language_fallback", "product_picture", "product_structure", "product_text_style",
  "product_language", "catalog_content", "product_import", "product_search_filter",
  "product_product_link", "attribute_format", "classification_featuremapping", "configuration_files",
  "workflow", "workflow_task", "pageplan_grid", "media_explorer", "attribute_unit",
  "jms_connection_test", "scheduler_tree_update", "scheduler_active_table_update",
  "jms_performance_test", "configfile_history_remove", "mimetype_plugin", "pageplan_preview",
  "pageplan", "shortcut", "pageplan_gridelement", "integration_test", "shortcut_deleteallforuser",
  "object_workflow", "ruleset", "user_properties", "user_attributefilter", "attribute_rule",
  "server_cache_attributrules_changed", "formula_update", "object_workflow_template",
  "assetbrowser_node_event", "client_text_message", "session_closed", "object_workflow_comment",
  "enumeration_attribute_chain", "enumeration_value_chain", "user_favorites", "object_collection",
  "scheduler_job", "attribute_unittype", "product_mass_modify", "product_search_subscription",
  "scheduler_job_active_update", "config", "scheduler_job_execution_status_changed",
  "indexutils_cache_changed",
];

export const OPERATIONS = ["add", "modify", "remove", "link", "unlink"];

// What the one subscription of the benchmark wants.
export const WANTED_EVENT_TYPES = new Set(["product", "product_attribute_value"]);
export const WANTED_OPERATIONS = new Set(["add", "modify", "remove"]);

export const wanted = (event) =>
  WANTED_EVENT_TYPES.has(event.eventtype) && WANTED_OPERATIONS.has(event.operation);
