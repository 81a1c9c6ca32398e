-- A database that HOMEPOT set up: its schema as SQLAlchemy creates it in SQLite,
-- spelled out, and a fleet that somebody made by hand. Tests adopt it.

CREATE TABLE tenants (
	id INTEGER NOT NULL,
	name VARCHAR(100) NOT NULL,
	slug VARCHAR(50) NOT NULL,
	settings JSON,
	is_active BOOLEAN,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id)
);
CREATE INDEX ix_tenants_id ON tenants (id);
CREATE UNIQUE INDEX ix_tenants_slug ON tenants (slug);

CREATE TABLE users (
	id INTEGER NOT NULL,
	username VARCHAR(50) NOT NULL,
	email VARCHAR(100) NOT NULL,
	full_name VARCHAR(100),
	hashed_password VARCHAR(255) NOT NULL,
	api_key VARCHAR(255),
	role VARCHAR(50),
	is_active BOOLEAN,
	is_admin BOOLEAN,
	tenant_id INTEGER,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);
CREATE UNIQUE INDEX ix_users_api_key ON users (api_key);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_id ON users (id);
CREATE UNIQUE INDEX ix_users_username ON users (username);

CREATE TABLE sites (
	id INTEGER NOT NULL,
	site_id VARCHAR(50) NOT NULL,
	name VARCHAR(100) NOT NULL,
	description TEXT,
	location VARCHAR(200),
	latitude FLOAT,
	longitude FLOAT,
	tenant_id INTEGER,
	is_active BOOLEAN,
	is_monitored BOOLEAN,
	lifecycle_state VARCHAR(20) NOT NULL,
	bootstrap_key_hash VARCHAR(255),
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);
CREATE INDEX ix_sites_id ON sites (id);
CREATE UNIQUE INDEX ix_sites_site_id ON sites (site_id);

CREATE TABLE devices (
	id INTEGER NOT NULL,
	device_id VARCHAR(100) NOT NULL,
	name VARCHAR(100) NOT NULL,
	device_type VARCHAR(50) NOT NULL,
	status VARCHAR(20),
	lifecycle_state VARCHAR(20) NOT NULL,
	health_state VARCHAR(20),
	site_id INTEGER NOT NULL,
	enrollment_method VARCHAR(50),
	enrollment_token VARCHAR(255),
	lifecycle_epoch_id INTEGER,
	ip_address VARCHAR(45),
	mac_address VARCHAR(17),
	os_details VARCHAR(255),
	local_ip VARCHAR(45),
	wan_ip VARCHAR(45),
	firmware_version VARCHAR(50),
	last_seen DATETIME,
	last_heartbeat_at DATETIME,
	peripherals JSON,
	device_permissions JSON,
	capabilities JSON,
	push_token VARCHAR(512),
	push_channel VARCHAR(20),
	config JSON,
	api_key_hash VARCHAR(255),
	is_active BOOLEAN,
	is_monitored BOOLEAN,
	is_simulated BOOLEAN,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(lifecycle_epoch_id) REFERENCES lifecycle_epochs (id),
	FOREIGN KEY(site_id) REFERENCES sites (id)
);
CREATE UNIQUE INDEX ix_devices_device_id ON devices (device_id);
CREATE INDEX ix_devices_id ON devices (id);

CREATE TABLE lifecycle_epochs (
	id INTEGER NOT NULL,
	epoch_id VARCHAR(36) NOT NULL,
	device_id INTEGER NOT NULL,
	site_id INTEGER NOT NULL,
	tenant_id INTEGER,
	claimed_at DATETIME NOT NULL,
	ended_at DATETIME,
	claim_token_hash VARCHAR(255),
	enrolment_method VARCHAR(50) NOT NULL,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id),
	FOREIGN KEY(site_id) REFERENCES sites (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);
CREATE INDEX ix_lifecycle_epochs_device_id ON lifecycle_epochs (device_id);
CREATE UNIQUE INDEX ix_lifecycle_epochs_epoch_id ON lifecycle_epochs (epoch_id);
CREATE INDEX ix_lifecycle_epochs_id ON lifecycle_epochs (id);

CREATE TABLE tenant_memberships (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	tenant_id INTEGER NOT NULL,
	role VARCHAR(50),
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_tenant_memberships_id ON tenant_memberships (id);

CREATE TABLE site_memberships (
	id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	site_id INTEGER NOT NULL,
	role VARCHAR(50),
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(site_id) REFERENCES sites (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_site_memberships_id ON site_memberships (id);

CREATE TABLE site_operating_schedules (
	id INTEGER NOT NULL,
	site_id INTEGER NOT NULL,
	day_of_week INTEGER NOT NULL,
	open_time TIME,
	close_time TIME,
	is_closed BOOLEAN,
	is_maintenance_window BOOLEAN,
	expected_transaction_volume INTEGER,
	peak_hours_start TIME,
	peak_hours_end TIME,
	notes TEXT,
	special_considerations JSON,
	PRIMARY KEY (id),
	FOREIGN KEY(site_id) REFERENCES sites (id)
);
CREATE INDEX idx_site_day ON site_operating_schedules (site_id, day_of_week);
CREATE INDEX ix_site_operating_schedules_id ON site_operating_schedules (id);
CREATE INDEX ix_site_operating_schedules_site_id ON site_operating_schedules (site_id);

CREATE TABLE enrolment_intents (
	id INTEGER NOT NULL,
	intent_id VARCHAR(36) NOT NULL,
	site_id INTEGER NOT NULL,
	tenant_id INTEGER,
	enrolment_method VARCHAR(50) NOT NULL,
	expected_device_identity VARCHAR(100),
	claim_token_hash VARCHAR(255),
	expires_at DATETIME NOT NULL,
	consumed_at DATETIME,
	creator_id INTEGER NOT NULL,
	status VARCHAR(20) NOT NULL,
	idempotency_key VARCHAR(100),
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(creator_id) REFERENCES users (id),
	FOREIGN KEY(site_id) REFERENCES sites (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);
CREATE INDEX ix_enrolment_intents_id ON enrolment_intents (id);
CREATE UNIQUE INDEX ix_enrolment_intents_idempotency_key ON enrolment_intents (idempotency_key);
CREATE UNIQUE INDEX ix_enrolment_intents_intent_id ON enrolment_intents (intent_id);

CREATE TABLE device_credentials (
	id INTEGER NOT NULL,
	credential_id VARCHAR(36) NOT NULL,
	device_id INTEGER NOT NULL,
	key_hash VARCHAR(255) NOT NULL,
	created_at DATETIME NOT NULL,
	rotated_at DATETIME,
	revoked_at DATETIME,
	is_active BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id)
);
CREATE UNIQUE INDEX ix_device_credentials_credential_id ON device_credentials (credential_id);
CREATE INDEX ix_device_credentials_device_id ON device_credentials (device_id);
CREATE INDEX ix_device_credentials_id ON device_credentials (id);

CREATE TABLE device_assignments (
	id INTEGER NOT NULL,
	assignment_id VARCHAR(36) NOT NULL,
	device_id INTEGER NOT NULL,
	site_id INTEGER NOT NULL,
	tenant_id INTEGER,
	assignment_reason VARCHAR(100),
	assigned_at DATETIME NOT NULL,
	unassigned_at DATETIME,
	is_current BOOLEAN NOT NULL,
	created_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id),
	FOREIGN KEY(site_id) REFERENCES sites (id),
	FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);
CREATE UNIQUE INDEX ix_device_assignments_assignment_id ON device_assignments (assignment_id);
CREATE INDEX ix_device_assignments_device_id ON device_assignments (device_id);
CREATE INDEX ix_device_assignments_id ON device_assignments (id);

CREATE TABLE device_lifecycle_events (
	id INTEGER NOT NULL,
	event_id VARCHAR(36) NOT NULL,
	device_id INTEGER NOT NULL,
	epoch_id INTEGER,
	from_state VARCHAR(20),
	to_state VARCHAR(20),
	triggered_by_user_id INTEGER,
	triggered_by_device_id INTEGER,
	reason TEXT,
	idempotency_key VARCHAR(100),
	created_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id),
	FOREIGN KEY(epoch_id) REFERENCES lifecycle_epochs (id),
	FOREIGN KEY(triggered_by_device_id) REFERENCES devices (id),
	FOREIGN KEY(triggered_by_user_id) REFERENCES users (id)
);
CREATE INDEX ix_device_lifecycle_events_device_id ON device_lifecycle_events (device_id);
CREATE INDEX ix_device_lifecycle_events_epoch_id ON device_lifecycle_events (epoch_id);
CREATE UNIQUE INDEX ix_device_lifecycle_events_event_id ON device_lifecycle_events (event_id);
CREATE INDEX ix_device_lifecycle_events_id ON device_lifecycle_events (id);
CREATE INDEX ix_device_lifecycle_events_idempotency_key ON device_lifecycle_events (idempotency_key);

CREATE TABLE jobs (
	id INTEGER NOT NULL,
	job_id VARCHAR(100) NOT NULL,
	action VARCHAR(100) NOT NULL,
	description TEXT,
	priority VARCHAR(20),
	status VARCHAR(20),
	site_id INTEGER NOT NULL,
	device_id INTEGER,
	segment VARCHAR(100),
	payload JSON,
	config_url VARCHAR(500),
	config_version VARCHAR(50),
	ttl_seconds INTEGER,
	collapse_key VARCHAR(100),
	scheduled_at DATETIME,
	started_at DATETIME,
	completed_at DATETIME,
	result JSON,
	error_message TEXT,
	created_by INTEGER NOT NULL,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(created_by) REFERENCES users (id),
	FOREIGN KEY(device_id) REFERENCES devices (id),
	FOREIGN KEY(site_id) REFERENCES sites (id)
);
CREATE INDEX ix_jobs_id ON jobs (id);
CREATE UNIQUE INDEX ix_jobs_job_id ON jobs (job_id);

CREATE TABLE device_commands (
	id INTEGER NOT NULL,
	command_id VARCHAR(50) NOT NULL,
	device_id INTEGER NOT NULL,
	command_type VARCHAR(50) NOT NULL,
	payload JSON,
	status VARCHAR(20),
	result JSON,
	created_at DATETIME,
	sent_at DATETIME,
	executed_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id)
);
CREATE UNIQUE INDEX ix_device_commands_command_id ON device_commands (command_id);
CREATE INDEX ix_device_commands_id ON device_commands (id);

CREATE TABLE push_notification_logs (
	id INTEGER NOT NULL,
	message_id VARCHAR(100) NOT NULL,
	device_id VARCHAR(100),
	job_id VARCHAR(100),
	provider VARCHAR(20) NOT NULL,
	payload JSON,
	sent_at DATETIME NOT NULL,
	received_at DATETIME,
	latency_ms INTEGER,
	status VARCHAR(20),
	error_code VARCHAR(50),
	error_message TEXT,
	PRIMARY KEY (id)
);
CREATE INDEX idx_push_device ON push_notification_logs (device_id);
CREATE INDEX idx_push_message_id ON push_notification_logs (message_id);
CREATE INDEX idx_push_status ON push_notification_logs (status);
CREATE INDEX ix_push_notification_logs_device_id ON push_notification_logs (device_id);
CREATE INDEX ix_push_notification_logs_id ON push_notification_logs (id);
CREATE INDEX ix_push_notification_logs_job_id ON push_notification_logs (job_id);
CREATE UNIQUE INDEX ix_push_notification_logs_message_id ON push_notification_logs (message_id);

CREATE TABLE audit_logs (
	id INTEGER NOT NULL,
	event_type VARCHAR(50) NOT NULL,
	description TEXT NOT NULL,
	user_id INTEGER,
	job_id INTEGER,
	device_id INTEGER,
	site_id INTEGER,
	old_values JSON,
	new_values JSON,
	event_metadata JSON,
	ip_address VARCHAR(45),
	user_agent VARCHAR(500),
	created_at DATETIME,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id),
	FOREIGN KEY(job_id) REFERENCES jobs (id),
	FOREIGN KEY(site_id) REFERENCES sites (id),
	FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_audit_logs_id ON audit_logs (id);

CREATE TABLE configuration_history (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	entity_type VARCHAR(50) NOT NULL,
	entity_id VARCHAR(255) NOT NULL,
	parameter_name VARCHAR(255) NOT NULL,
	old_value JSON,
	new_value JSON NOT NULL,
	changed_by VARCHAR(255) NOT NULL,
	change_reason TEXT,
	change_type VARCHAR(50),
	performance_before JSON,
	performance_after JSON,
	was_successful BOOLEAN,
	was_rolled_back BOOLEAN,
	rollback_reason TEXT,
	rollback_performance JSON,
	rollback_success BOOLEAN,
	rolled_back_at DATETIME,
	provenance VARCHAR(20),
	PRIMARY KEY (id)
);
CREATE INDEX idx_change_type ON configuration_history (change_type);
CREATE INDEX idx_entity_timestamp ON configuration_history (entity_type, entity_id, timestamp);
CREATE INDEX ix_configuration_history_entity_id ON configuration_history (entity_id);
CREATE INDEX ix_configuration_history_entity_type ON configuration_history (entity_type);
CREATE INDEX ix_configuration_history_id ON configuration_history (id);
CREATE INDEX ix_configuration_history_provenance ON configuration_history (provenance);
CREATE INDEX ix_configuration_history_timestamp ON configuration_history (timestamp);

CREATE TABLE alerts (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	device_id VARCHAR(50),
	site_id INTEGER,
	title VARCHAR(255) NOT NULL,
	description TEXT,
	severity VARCHAR(20) NOT NULL,
	category VARCHAR(50) NOT NULL,
	status VARCHAR(20),
	resolved_at DATETIME,
	resolved_by VARCHAR(255),
	resolution_notes TEXT,
	ai_recommendation TEXT,
	ai_confidence FLOAT,
	PRIMARY KEY (id)
);
CREATE INDEX idx_alert_device ON alerts (device_id);
CREATE INDEX idx_alert_status_severity ON alerts (status, severity);
CREATE INDEX ix_alerts_device_id ON alerts (device_id);
CREATE INDEX ix_alerts_id ON alerts (id);
CREATE INDEX ix_alerts_site_id ON alerts (site_id);
CREATE INDEX ix_alerts_status ON alerts (status);
CREATE INDEX ix_alerts_timestamp ON alerts (timestamp);

CREATE TABLE error_logs (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	category VARCHAR(50) NOT NULL,
	severity VARCHAR(20) NOT NULL,
	error_code VARCHAR(50),
	error_message TEXT NOT NULL,
	stack_trace TEXT,
	endpoint VARCHAR(255),
	user_id VARCHAR(255),
	context JSON,
	resolved BOOLEAN,
	resolved_at DATETIME,
	provenance VARCHAR(20),
	PRIMARY KEY (id)
);
CREATE INDEX idx_category_severity ON error_logs (category, severity);
CREATE INDEX idx_timestamp_category ON error_logs (timestamp, category);
CREATE INDEX ix_error_logs_category ON error_logs (category);
CREATE INDEX ix_error_logs_error_code ON error_logs (error_code);
CREATE INDEX ix_error_logs_id ON error_logs (id);
CREATE INDEX ix_error_logs_provenance ON error_logs (provenance);
CREATE INDEX ix_error_logs_resolved ON error_logs (resolved);
CREATE INDEX ix_error_logs_severity ON error_logs (severity);
CREATE INDEX ix_error_logs_timestamp ON error_logs (timestamp);
CREATE INDEX ix_error_logs_user_id ON error_logs (user_id);

CREATE TABLE job_outcomes (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	job_id VARCHAR(255) NOT NULL,
	job_type VARCHAR(100) NOT NULL,
	device_id VARCHAR(255),
	status VARCHAR(50) NOT NULL,
	duration_ms INTEGER,
	error_code VARCHAR(50),
	error_message TEXT,
	retry_count INTEGER,
	initiated_by VARCHAR(255),
	extra_data JSON,
	provenance VARCHAR(20),
	PRIMARY KEY (id)
);
CREATE INDEX idx_job_status ON job_outcomes (job_type, status);
CREATE INDEX idx_timestamp_status ON job_outcomes (timestamp, status);
CREATE INDEX ix_job_outcomes_device_id ON job_outcomes (device_id);
CREATE INDEX ix_job_outcomes_id ON job_outcomes (id);
CREATE INDEX ix_job_outcomes_job_id ON job_outcomes (job_id);
CREATE INDEX ix_job_outcomes_job_type ON job_outcomes (job_type);
CREATE INDEX ix_job_outcomes_provenance ON job_outcomes (provenance);
CREATE INDEX ix_job_outcomes_timestamp ON job_outcomes (timestamp);

CREATE TABLE health_checks (
	id INTEGER NOT NULL,
	device_id INTEGER NOT NULL,
	is_healthy BOOLEAN NOT NULL,
	response_time_ms INTEGER,
	status_code INTEGER,
	endpoint VARCHAR(200),
	response_data JSON,
	error_message TEXT,
	timestamp DATETIME NOT NULL,
	PRIMARY KEY (id, timestamp),
	FOREIGN KEY(device_id) REFERENCES devices (id)
);

CREATE TABLE device_metrics (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	device_id INTEGER NOT NULL,
	cpu_percent FLOAT,
	memory_percent FLOAT,
	disk_percent FLOAT,
	network_latency_ms FLOAT,
	transaction_count INTEGER,
	transaction_volume FLOAT,
	error_rate FLOAT,
	active_connections INTEGER,
	queue_depth INTEGER,
	extra_metrics JSON,
	provenance VARCHAR(20),
	collection_interval_seconds INTEGER,
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id)
);
CREATE INDEX idx_device_metrics_device_timestamp ON device_metrics (device_id, timestamp);
CREATE INDEX idx_device_metrics_timestamp ON device_metrics (timestamp);
CREATE INDEX ix_device_metrics_device_id ON device_metrics (device_id);
CREATE INDEX ix_device_metrics_id ON device_metrics (id);
CREATE INDEX ix_device_metrics_provenance ON device_metrics (provenance);
CREATE INDEX ix_device_metrics_timestamp ON device_metrics (timestamp);

CREATE TABLE device_state_history (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	device_id INTEGER NOT NULL,
	previous_state VARCHAR(50),
	new_state VARCHAR(50) NOT NULL,
	changed_by VARCHAR(255),
	reason VARCHAR(500),
	extra_data JSON,
	provenance VARCHAR(20),
	PRIMARY KEY (id),
	FOREIGN KEY(device_id) REFERENCES devices (id)
);
CREATE INDEX idx_device_timestamp ON device_state_history (device_id, timestamp);
CREATE INDEX ix_device_state_history_device_id ON device_state_history (device_id);
CREATE INDEX ix_device_state_history_id ON device_state_history (id);
CREATE INDEX ix_device_state_history_provenance ON device_state_history (provenance);
CREATE INDEX ix_device_state_history_timestamp ON device_state_history (timestamp);

CREATE TABLE api_request_logs (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	endpoint VARCHAR(255) NOT NULL,
	method VARCHAR(10) NOT NULL,
	status_code INTEGER NOT NULL,
	response_time_ms FLOAT NOT NULL,
	user_id VARCHAR(255),
	ip_address VARCHAR(45),
	user_agent VARCHAR(500),
	error_message TEXT,
	request_size_bytes INTEGER,
	response_size_bytes INTEGER,
	PRIMARY KEY (id)
);
CREATE INDEX idx_status_code ON api_request_logs (status_code);
CREATE INDEX idx_timestamp_endpoint ON api_request_logs (timestamp, endpoint);
CREATE INDEX ix_api_request_logs_endpoint ON api_request_logs (endpoint);
CREATE INDEX ix_api_request_logs_id ON api_request_logs (id);
CREATE INDEX ix_api_request_logs_timestamp ON api_request_logs (timestamp);
CREATE INDEX ix_api_request_logs_user_id ON api_request_logs (user_id);

CREATE TABLE user_activities (
	id INTEGER NOT NULL,
	timestamp DATETIME NOT NULL,
	user_id VARCHAR(255) NOT NULL,
	session_id VARCHAR(255),
	activity_type VARCHAR(50) NOT NULL,
	page_url VARCHAR(500),
	element_id VARCHAR(255),
	search_query TEXT,
	extra_data JSON,
	duration_ms INTEGER,
	PRIMARY KEY (id)
);
CREATE INDEX idx_activity_type ON user_activities (activity_type);
CREATE INDEX idx_user_timestamp ON user_activities (user_id, timestamp);
CREATE INDEX ix_user_activities_activity_type ON user_activities (activity_type);
CREATE INDEX ix_user_activities_id ON user_activities (id);
CREATE INDEX ix_user_activities_session_id ON user_activities (session_id);
CREATE INDEX ix_user_activities_timestamp ON user_activities (timestamp);
CREATE INDEX ix_user_activities_user_id ON user_activities (user_id);

-- Ids have gaps and rows come in no order.

INSERT INTO tenants (id, name, slug, settings, is_active, created_at, updated_at) VALUES
	(2, 'Corner Shops', 'corner-shops', '{"currency": "GBP"}', 1, '2026-01-02 09:00:00.000000', '2026-01-02 09:00:00.000000');

-- User 12 is inactive.
INSERT INTO users (id, username, email, full_name, hashed_password, api_key, role, is_active, is_admin, tenant_id, created_at, updated_at) VALUES
	(3, 'ana', 'ana@corner.example', 'Ana Lima', '$2b$12$a', NULL, 'Client', 1, 0, 2, '2026-01-02 09:10:00.000000', NULL),
	(7, 'root', 'root@corner.example', NULL, '$2b$12$b', 'key-7', 'Admin', 1, 1, NULL, '2026-01-02 09:00:00.000000', '2026-01-03 10:00:00.000000'),
	(12, 'gone', 'gone@corner.example', 'Gone', '$2b$12$c', NULL, 'Client', 0, 0, 2, NULL, NULL),
	(20, 'ben', 'ben@corner.example', 'Ben', '$2b$12$d', NULL, 'Client', NULL, NULL, 2, NULL, NULL);

-- Site 9 has a gateway only, site 11 is inactive.
INSERT INTO sites (id, site_id, name, description, location, latitude, longitude, tenant_id, is_active, is_monitored, lifecycle_state, bootstrap_key_hash, created_at, updated_at) VALUES
	(9, 'SITE-DEPOT', 'Depot', NULL, 'Leeds', NULL, NULL, 2, 1, 0, 'active', NULL, NULL, NULL),
	(5, 'SITE-HIGH-ST', 'Café in the High Street', 'Two tills', '12 High Street, London, UK', 51.5, -0.12, 2, 1, 1, 'active', 'hash-5', '2026-01-02 09:20:00.000000', '2026-01-02 09:20:00.000000'),
	(2, 'SITE-BAZAAR', 'Bazaar', '', 'Stall 7', 28.6, 77.2, 2, NULL, NULL, 'active', NULL, '2026-01-04 09:20:00.000000', NULL),
	(11, 'SITE-CLOSED', 'Closed', NULL, 'Paris', NULL, NULL, 2, 0, 0, 'active', NULL, NULL, NULL),
	(14, 'site-014', 'Kiosk', NULL, NULL, NULL, NULL, NULL, 1, 0, 'active', NULL, NULL, NULL);

-- Simulated are 40, 31, 8, 17 and 3.
INSERT INTO devices (id, device_id, name, device_type, status, lifecycle_state, health_state, site_id, enrollment_method, enrollment_token, lifecycle_epoch_id, ip_address, mac_address, os_details, local_ip, wan_ip, firmware_version, last_seen, last_heartbeat_at, peripherals, device_permissions, capabilities, push_token, push_channel, config, api_key_hash, is_active, is_monitored, is_simulated, created_at, updated_at) VALUES
	(40, 'DEVICE-TILL-1', 'Till 1', 'pos_terminal', 'unknown', 'active', 'unknown', 5, 'self-enrolled', 'tok-40', 4, '192.168.5.40', '02:00:00:00:00:28', 'Debian 12', '192.168.5.40', '198.51.100.7', '9.9.9-custom', NULL, NULL, '{"scanner": "USB"}', '{"camera": false}', '{"nfc": true}', 'push-40', 'mqtt', '{"os": "linux", "receipt_footer": "Thank you"}', 'keyhash-40', 1, 1, 1, '2026-01-05 09:20:00.000000', '2026-01-06 09:20:00.000000'),
	(31, 'DEVICE-TILL-2', 'Till 2', 'pos_terminal', NULL, 'pending', NULL, 5, NULL, NULL, NULL, NULL, NULL, 'Windows 11 IoT', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(8, 'scale-08', 'Scale', 'iot_sensor', 'offline', 'active', 'error', 2, 'emulated', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0.1', '2026-01-07 10:00:00.000000', '2026-01-07 10:00:01.000000', NULL, NULL, NULL, NULL, NULL, '[]', NULL, 1, 0, 0, '2026-01-05 09:20:00.000000', NULL),
	(17, 'DEVICE-STALL', 'Stall', 'pos_terminal', 'online', 'active', 'healthy', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-07 10:00:00.000000', NULL, NULL, NULL, NULL, NULL, NULL, '{"os": "android"}', NULL, 1, 0, 0, NULL, NULL),
	(3, 'kiosk-3', 'Kiosk', 'pos_terminal', 'unknown', 'active', 'unknown', 14, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', NULL, 1, 0, 0, NULL, NULL),
	(50, 'gateway-50', 'Gateway', 'gateway', 'online', 'active', 'healthy', 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '1.0', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, NULL, NULL),
	(51, 'till-off', 'Till of old', 'pos_terminal', 'offline', 'active', 'unknown', 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL),
	(52, 'till-lost', 'Till that was lost', 'pos_terminal', 'unpaired', 'unpaired', 'unknown', 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, NULL, NULL),
	(53, 'till-closed', 'Till of a closed site', 'pos_terminal', 'offline', 'active', 'unknown', 11, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, NULL, NULL),
	(54, 'till "54"', 'Till with a quoted id', 'pos_terminal', 'offline', 'active', 'unknown', 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 0, NULL, NULL);

INSERT INTO lifecycle_epochs (id, epoch_id, device_id, site_id, tenant_id, claimed_at, ended_at, claim_token_hash, enrolment_method, created_at, updated_at) VALUES
	(4, '0b0c2f52-7a51-4f6c-9d9e-2f7f5f8f1a01', 40, 5, 2, '2026-01-05 09:30:00.000000', NULL, NULL, 'self-enrolled', NULL, NULL);

INSERT INTO site_memberships (id, user_id, site_id, role, created_at, updated_at) VALUES
	(1, 3, 5, 'manager', NULL, NULL);

INSERT INTO site_operating_schedules (id, site_id, day_of_week, open_time, close_time, is_closed, is_maintenance_window, expected_transaction_volume, peak_hours_start, peak_hours_end, notes, special_considerations) VALUES
	(1, 5, 0, '07:30:00.000000', '19:00:00.000000', 0, 0, 90, '12:00:00.000000', '13:00:00.000000', NULL, NULL);
