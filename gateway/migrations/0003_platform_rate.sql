-- How many messages a second each gateway takes from a platform; null means the configured number.
alter table gateway.platform add column per_second int check (per_second between 1 and 1000000);
