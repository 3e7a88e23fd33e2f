-- Events are the study's whole memory (see package-info.java). They are only ever inserted.
create table event (
  number bigint primary key,
  bytes bytea not null
);

-- Counts and other small state that may be lost in a crash.
create table note (
  name text primary key,
  value bytea not null
);

-- Which hub has the study: whoever opens it counts up, and only the newest may write.
create table holder (
  one boolean primary key default true check (one),
  epoch bigint not null
);
insert into holder (epoch) values (0);
