-- Events are the study's whole memory (see package-info.java). They are only ever inserted.
create table event (
  number integer primary key,
  bytes blob not null
);

-- Counts and other small state that may be lost in a crash.
create table note (
  name text primary key,
  value blob not null
);
