//! The names of Elytra's event types and operations.

use crate::names;

names! {
    /// What happened to the object that an event is about.
    ///
    /// # Examples
    ///
    /// ```
    /// use elytra_events::{Known, Operation};
    ///
    /// assert_eq!(Operation::from_name("modify"), Some(Operation::Modify));
    /// assert_eq!(Operation::Modify.to_string(), "modify");
    /// ```
    pub enum Operation {
        Add = "add",
        Modify = "modify",
        Remove = "remove",
        Link = "link",
        Unlink = "unlink",
    }
}

names! {
    /// The event types of Elytra's Event API: what kind of thing an event is about.
    ///
    /// # Examples
    ///
    /// ```
    /// use elytra_events::{CloudEvent, EventType, Name};
    ///
    /// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"com.elytra.product.text"}"#;
    /// let event = CloudEvent::from_json(text)?;
    /// assert_eq!(event.event_type(), Some(Name::Known(EventType::ProductText)));
    /// # Ok::<(), elytra_events::InvalidEvent>(())
    /// ```
    #[non_exhaustive]
    pub enum EventType {
        None = "none",
        Project = "project",
        Customer = "customer",
        Todo = "todo",
        User = "user",
        Conversation = "conversation",
        Usergroup = "usergroup",
        Calendar = "calendar",
        Rights = "rights",
        Language = "language",
        Document = "document",
        Documentfolder = "documentfolder",
        ProductAttributes = "product_attributes",
        ProductAttributeGroups = "product_attribute_groups",
        Product = "product",
        ProductGroup = "product_group",
        ProductForest = "product_forest",
        ProductAttributeValue = "product_attribute_value",
        ProductText = "product_text",
        ProductCollector = "product_collector",
        ProductLanguageFallback = "product_language_fallback",
        ProductPicture = "product_picture",
        ProductStructure = "product_structure",
        ProductTextStyle = "product_text_style",
        ProductLanguage = "product_language",
        CatalogContent = "catalog_content",
        ProductImport = "product_import",
        ProductSearchFilter = "product_search_filter",
        ProductProductLink = "product_product_link",
        AttributeFormat = "attribute_format",
        ClassificationFeaturemapping = "classification_featuremapping",
        ConfigurationFiles = "configuration_files",
        Workflow = "workflow",
        WorkflowTask = "workflow_task",
        PageplanGrid = "pageplan_grid",
        MediaExplorer = "media_explorer",
        AttributeUnit = "attribute_unit",
        JmsConnectionTest = "jms_connection_test",
        SchedulerTreeUpdate = "scheduler_tree_update",
        SchedulerActiveTableUpdate = "scheduler_active_table_update",
        JmsPerformanceTest = "jms_performance_test",
        ConfigfileHistoryRemove = "configfile_history_remove",
        MimetypePlugin = "mimetype_plugin",
        PageplanPreview = "pageplan_preview",
        Pageplan = "pageplan",
        Shortcut = "shortcut",
        PageplanGridelement = "pageplan_gridelement",
        IntegrationTest = "integration_test",
        ShortcutDeleteallforuser = "shortcut_deleteallforuser",
        ObjectWorkflow = "object_workflow",
        Ruleset = "ruleset",
        UserProperties = "user_properties",
        UserAttributefilter = "user_attributefilter",
        AttributeRule = "attribute_rule",
        ServerCacheAttributrulesChanged = "server_cache_attributrules_changed",
        FormulaUpdate = "formula_update",
        ObjectWorkflowTemplate = "object_workflow_template",
        AssetbrowserNodeEvent = "assetbrowser_node_event",
        ClientTextMessage = "client_text_message",
        SessionClosed = "session_closed",
        ObjectWorkflowComment = "object_workflow_comment",
        EnumerationAttributeChain = "enumeration_attribute_chain",
        EnumerationValueChain = "enumeration_value_chain",
        UserFavorites = "user_favorites",
        ObjectCollection = "object_collection",
        SchedulerJob = "scheduler_job",
        AttributeUnittype = "attribute_unittype",
        ProductMassModify = "product_mass_modify",
        ProductSearchSubscription = "product_search_subscription",
        SchedulerJobActiveUpdate = "scheduler_job_active_update",
        Config = "config",
        SchedulerJobExecutionStatusChanged = "scheduler_job_execution_status_changed",
        IndexutilsCacheChanged = "indexutils_cache_changed",
    }
}
