/* The round protocol of the belt as a model; docs/protocol.md says in words what it is, which Java
 * method each step stands for, and what is left out. etc/check-model checks it with spin.
 *
 * A hub over a durable log, N regions, of which K make a quorum, R rounds, deltas at most L rounds
 * late. A World kills, restarts, loses, lets leases run out and restores old copies, each as often
 * as its budget allows. What changes nothing (a message that is refused, a look that shows nothing
 * new) is no step here; so with finite budgets every run ends, and it may end only with all rounds
 * merged, or with a hub that says that it was set back. With LIVE the leases come and go without
 * end, and the same is an LTL formula under weak fairness.
 *
 * A fault (-DFAULT_...) takes one rule away; each must make the checker find a wrong run.
 */
#ifndef N
#define N 3          /* regions */
#endif
#ifndef K
#define K 2          /* contributions without which no round is merged */
#endif
#ifndef R
#define R 3          /* rounds */
#endif
#ifndef L
#define L 1          /* rounds that a delta may be late */
#endif
#ifndef TROUBLES
#define TROUBLES 2   /* how often any of these happens: the hub or a region is killed, a message is
                        lost, a lease runs out though its region lives, a region is gone for good,
                        a region's folder is an old copy */
#endif
#ifndef DEATHS
#define DEATHS (N - K) /* how many regions may be gone for good */
#endif
#ifndef RESTORES
#define RESTORES 0   /* whether an operator puts an old copy of the log in place */
#endif

#ifndef UNDOES
#define UNDOES 0     /* how often the newest one or two rounds are taken back */
#endif

#define IN(mask, i) (((mask) >> (i)) & 1)
#define SIZE(mask) (IN(mask, 0) + IN(mask, 1) + IN(mask, 2) + IN(mask, 3))
#define ALL ((1 << N) - 1)

/* Numbers of rounds are never used again: each that is taken back makes one more. */
#if UNDOES
#define T (R + 2 * UNDOES)
#define UNDONE(f, s) IN(f.undone, s)
#define LAST(f) (R + IN(f.undone, 1) + IN(f.undone, 2) + IN(f.undone, 3) + IN(f.undone, 4) \
    + IN(f.undone, 5) + IN(f.undone, 6))
#else
#define T R
#define UNDONE(f, s) false
#define LAST(f) R
#endif
#define OPEN(f) (f.round <= LAST(f))

/* What a log adds up to: HubState. Regions count from 0, rounds from 1. */
typedef Fold {
  byte number;            /* of the last event */
  byte epoch;             /* of the membership */
  byte present;           /* regions that the log calls present */
  byte round;             /* the open one; one more than the last after its merge */
  byte contributed;       /* regions that have contributed to the open round */
  byte counted[N];        /* the newest round that a counted contribution started from, by region */
  byte ever[N];           /* all of them, as a mask: for the assertion only */
  byte sequence[N];       /* of the last counted message, by region */
#if UNDOES
  byte undone;            /* rounds that were taken back */
#endif
#if RESTORES
  byte cut;               /* events after this one were written after the restore; 0: none was */
  byte remade;            /* rounds whose weights were merged after the restore */
#endif
};

Fold disk;                /* the durable log */
Fold mem;                 /* what the running hub has applied */
bool up = true;           /* whether the hub runs */
bool writing;             /* an event is on the disk and not yet applied: the hub's lock is held */
byte greeted;             /* regions that have said hello to this process of the hub */
bool setBack;             /* this process of the hub knows that its log is an old copy */

byte done[N];             /* durable: the round from which the newest delta at home started */
byte training[N];         /* the round from whose weights the region trains; 0: it does not */
byte alive = ALL;
int net[N];               /* contributions under way, which may come late, never or again */
#if RESTORES
Fold copy;                /* the operator's copy of the log, if its round is not 0 */
Fold nothing;
byte seen[N];             /* durable: number of the newest event that the region has heard of */
byte after[N];            /* whether that event was written after the restore: its digest */
byte base[N];             /* whether the weights that done[] started from were remade */
#endif

/* What one region, the first, believes; the regions are alike, so one is enough. */
byte heardEpoch;
bool believesIn = true;

byte merged;              /* rounds that were ever merged, whatever the log says */

byte troubles = TROUBLES, deaths = DEATHS, restores = RESTORES, undoes = UNDOES;

inline take(to, from) {   /* one fold is the other */
  to.number = from.number; to.epoch = from.epoch; to.present = from.present;
  to.round = from.round; to.contributed = from.contributed;
#if UNDOES
  to.undone = from.undone;
#endif
#if RESTORES
  to.cut = from.cut; to.remade = from.remade;
#endif
  i = 0;
  do
  :: i < N -> to.counted[i] = from.counted[i]; to.ever[i] = from.ever[i];
     to.sequence[i] = from.sequence[i]; i++
  :: else -> break
  od;
  i = 0
}

/* A contribution under way: sequence, started-from round, whether its base was remade. */
#if RESTORES
#define MESSAGE(q, s, b) (1 << ((((q) - 1) * T + (s) - 1) * 2 + (b)))
#define REMADE(f, s) IN(f.remade, s)
#define BASE(r) base[r]
#else
#define MESSAGE(q, s, b) (1 << (((q) - 1) * T + (s) - 1))
#define REMADE(f, s) 0
#define BASE(r) 0
#endif

/* What must hold whenever either side has changed. A region that has heard of the newest epoch
 * believes what the log says; and what was answered is in the log, so that log and epoch, as anyone
 * sees them, only grow. */
#if RESTORES || defined(LIVE)
#define AGREE
#else
#define AGREE assert(heardEpoch != disk.epoch || believesIn == IN(disk.present, 0)); \
    assert(mem.number <= disk.number && heardEpoch <= disk.epoch)
#endif

/* ---- the hub ---------------------------------------------------------------------------------- */

/* Every input is handled as: check against what was applied, append, apply, answer. The lock is held
 * from the first to the last; the hub may be killed at any point. */
#ifdef LIVE
#define ANSWERABLE up
#define APPENDED take(mem, disk)
#else
#define ANSWERABLE (up && !writing)
#define APPENDED writing = true
#endif
#define READY (ANSWERABLE && !setBack)

inline membership(who) {  /* Event.Membership */
  assert(disk.number == mem.number);
#ifdef LIVE
  disk.epoch = (disk.epoch + 1) % 4;
#else
#ifdef FAULT_SAME_EPOCH
  disk.epoch = disk.epoch + (disk.epoch < 3 -> 1 : 0);
#else
  disk.epoch++;
#endif
  disk.number++;
#endif
  disk.present = who;
  AGREE;
  APPENDED
}

/* What a region has heard of and this log does not have: a log that was set back. */
#if RESTORES
#define AHEAD(r, f) (seen[r] > f.number || (f.cut && (after[r] != (seen[r] > f.cut))))
#else
#define AHEAD(r, f) false
#endif

/* Hub.receive of a hello: known from now on, present, and told if it has seen more than the hub. */
#ifdef FAULT_NO_HEAD_IN_HELLO
#define HEAD_IS_KNOWN(r) true
#else
#define HEAD_IS_KNOWN(r) (!AHEAD(r, mem))
#endif

inline hello(r) {
  if
  :: !HEAD_IS_KNOWN(r) -> setBack = true
  :: else ->
     greeted = greeted | (1 << r);
     if
     :: !IN(mem.present, r) -> membership(mem.present | (1 << r))
     :: else
     fi
  fi
}

/* Hub.receive of a contribution: what Hub.examine lets pass. */
#ifdef FAULT_COUNTS_TWICE
#define ONCE(r, s) true
#define FOLLOWS(r, s) ((net[r] & (MESSAGE(1, s, 0) | MESSAGE(2, s, 0) | MESSAGE(3, s, 0))) != 0)
#else
#ifdef WITHOUT_SEQUENCE
#define FOLLOWS(r, s) ((net[r] & (MESSAGE(1, s, 0) | MESSAGE(2, s, 0) | MESSAGE(3, s, 0))) != 0)
#else
#define FOLLOWS(r, s) ((net[r] & MESSAGE(mem.sequence[r] + 1, s, REMADE(mem, s))) != 0)
#endif
#ifdef WITHOUT_STARTED
#define ONCE(r, s) true
#else
#define ONCE(r, s) ((s) > mem.counted[r])
#endif
#endif
#ifdef FAULT_ANY_STALENESS
#define FRESH(lag) true
#else
#define FRESH(lag) (lag <= L)
#endif
#ifdef FAULT_TWO_IN_A_ROUND
#define FIRST_IN_ROUND(r) true
#else
#define FIRST_IN_ROUND(r) (!IN(mem.contributed, r))
#endif

#ifdef FAULT_COUNTS_UNDONE
#define STANDS(s) true
#else
#define STANDS(s) (!UNDONE(mem, s))
#endif

#define ACCEPTS(r, lag) (READY && IN(greeted, r) && OPEN(mem) && mem.round > lag && FRESH(lag) \
    && STANDS(mem.round - lag) \
    && FOLLOWS(r, mem.round - lag) && ONCE(r, mem.round - lag) && FIRST_IN_ROUND(r))

/* A region that was out is in again by being heard: two events, and the hub may die between them. */
inline contribution(r, lag) {
  if
  :: IN(mem.present, r) -> count(r, lag)
  :: !IN(mem.present, r) ->
     membership(mem.present | (1 << r));
     if
     :: troubles > 0 -> troubles--; up = false; writing = false
     :: take(mem, disk); count(r, lag)
     fi
  fi
}

inline count(r, lag) {    /* Event.Received of a contribution */
  assert(disk.number == mem.number);
  assert(lag <= L);                                /* staleness */
  assert(!IN(disk.ever[r], disk.round - lag));     /* never counted twice */
  assert(!IN(disk.contributed, r));                /* one a region in an open round */
  assert(!UNDONE(disk, disk.round - lag));         /* nothing from what was taken back */
  disk.counted[r] = disk.round - lag;
  disk.ever[r] = disk.ever[r] | (1 << (disk.round - lag));
  disk.contributed = disk.contributed | (1 << r);
  disk.sequence[r]++;
#ifndef LIVE
  disk.number++;
#endif
  APPENDED
}

/* Hub.poll: a round is merged when it has a quorum and everyone awaited, or the window is over. When
 * it is over the clock says, so here it may be over at any time. */
#ifdef FAULT_NO_QUORUM
#define QUORUM (mem.contributed != 0)
#endif
#ifdef FAULT_WAITS_FOR_ALL
#define QUORUM (SIZE(mem.contributed) == N)
#endif
#ifndef QUORUM
#define QUORUM (SIZE(mem.contributed) >= K)
#endif
#ifdef FAULT_MERGES_UNHEARD
#define HEARD true
#else
/* After a start every region that the log calls present has said hello, or its lease has run out. */
#define HEARD ((mem.present & ~greeted) == 0)
#endif
#ifdef FAULT_SET_BACK_GOES_ON
#define MERGES (ANSWERABLE && OPEN(mem) && QUORUM)
#else
#define MERGES (READY && OPEN(mem) && QUORUM && HEARD)
#endif

inline merge() {
  assert(disk.number == mem.number);
  assert(SIZE(disk.contributed) >= K);                /* never without a quorum */
  assert(!setBack);                                   /* a set-back hub never merges */
#if RESTORES
  i = 0;
  do
  :: i < N ->                                         /* ... nor while one who could tell is present */
     assert(!IN(disk.present, i) || !AHEAD(i, disk));
     i++
  :: else -> break
  od;
  i = 0;
  disk.remade = disk.remade | ((disk.cut != 0) << (disk.round + 1));
#else
  assert(!IN(merged, disk.round));                    /* no round is merged twice */
  merged = merged | (1 << disk.round);
#endif
  disk.contributed = 0;
  disk.round++;
#ifndef LIVE
  disk.number++;
#endif
  APPENDED
}

/* Hub.undo: the newest round, and perhaps the one before it, count no more. After the last merge
 * there is no open round to drop. */
inline undo() {
#if UNDOES
  assert(disk.number == mem.number);
  i = (OPEN(disk) -> disk.round : disk.round - 1);
  disk.undone = disk.undone | (1 << i);
  if
  :: i > 1 -> disk.undone = disk.undone | (1 << (i - 1))
  :: true
  fi;
  disk.round = i + 1;
  i = 0;
  disk.contributed = 0;
  disk.number++;
  APPENDED
#endif
}

#ifdef FAULT_ANSWERS_FIRST
/* Applies and answers, then appends. */
#undef APPENDED
#define APPENDED take(other, disk); take(disk, mem); take(mem, other); writing = true
#endif

/* One request thread a region. */
proctype Desk(byte r) {
  byte i;
#ifdef FAULT_ANSWERS_FIRST
  Fold other;
#endif
end:
  do
  :: atomic { READY && IN(alive, r) && !IN(greeted, r) && OPEN(mem) -> hello(r) }
  :: atomic { ACCEPTS(r, 0) -> contribution(r, 0) }
  :: atomic { ACCEPTS(r, 1) -> contribution(r, 1) }
  :: atomic { ACCEPTS(r, 2) -> contribution(r, 2) }
  od
}

/* The thread that looks at the clock, and the process itself. */
proctype Ticker() {
  byte i;
#ifdef FAULT_ANSWERS_FIRST
  Fold other;
#endif
end:
  do
  :: atomic { MERGES -> merge() }
#if UNDOES
  :: atomic { undoes > 0 && READY -> undoes--; undo() }
#endif
#ifndef LIVE
  :: atomic { up && writing ->
#ifdef FAULT_ANSWERS_FIRST
       take(disk, mem);
#else
       take(mem, disk);
#endif
       writing = false }
#endif
  :: atomic { !up -> take(mem, disk); greeted = 0; setBack = false; up = true; AGREE }
  od
}

/* ---- a region --------------------------------------------------------------------------------- */

/* RegionWork.step: one look at the standing, and what follows from it. */
#ifdef FAULT_ANSWERS_FIRST
#define TOLD (up && IN(greeted, r) && IN(alive, r))
#else
#define TOLD (ANSWERABLE && !setBack && IN(greeted, r) && IN(alive, r))
#endif
#ifdef FAULT_KEEPS_UNDONE
#define PENDING (done[r] > mem.counted[r])
#else
#define PENDING (done[r] > mem.counted[r] && !UNDONE(mem, done[r]))
#endif
#ifdef FAULT_TRAINS_NO_MORE
#define TOO_LATE false
#else
#define TOO_LATE (mem.round > done[r] + L)
#endif
#define SENDS (PENDING && mem.round <= done[r] + L && FIRST_IN_ROUND(r) \
    && (net[r] & MESSAGE(mem.sequence[r] + 1, done[r], BASE(r))) == 0)
#define STARTS (PENDING -> TOO_LATE : mem.round > mem.counted[r])
#define LOOKS (OPEN(mem) && training[r] == 0 && (SENDS || STARTS))
#if RESTORES
#define NEWS false
#else
#define NEWS (r == 0 && heardEpoch != mem.epoch)
#endif

inline hears() {
#if RESTORES
  seen[r] = mem.number; after[r] = (mem.cut != 0 && mem.number > mem.cut)
#else
  if
  :: r == 0 ->
     heardEpoch = mem.epoch; believesIn = IN(mem.present, r);
     AGREE
  :: else
  fi
#endif
}

proctype Region(byte r) {
end:
  do
  :: atomic { TOLD && (LOOKS || NEWS) ->
       hears();
       if
       :: LOOKS && SENDS -> net[r] = net[r] | MESSAGE(mem.sequence[r] + 1, done[r], BASE(r))
       :: LOOKS && STARTS -> training[r] = mem.round;
#if RESTORES
          base[r] = REMADE(mem, mem.round)
#endif
       :: !LOOKS
       fi }
  :: atomic { training[r] != 0 && IN(alive, r) && OPEN(disk) -> done[r] = training[r]; training[r] = 0 }
  od
}

/* ---- what happens to them --------------------------------------------------------------------- */

#ifdef LIVE
#define LEASE_LEFT true
#define SPEND_LEASE skip
#define DEATH (deaths > 0 && OPEN(disk))
#define SPEND_DEATH skip
#else
#define LEASE_LEFT (troubles > 0)
#define SPEND_LEASE troubles--
#define DEATH (TROUBLE && deaths > 0)
#define SPEND_DEATH troubles--
#endif
#ifdef ONLY_LEASES
#define TROUBLE false  /* the only trouble is that leases run out */
#else
#define TROUBLE (troubles > 0 && OPEN(disk))
#endif

inline killRegion(r) { troubles--; training[r] = 0; greeted = greeted & ~(1 << r) }
inline bury(r) { SPEND_DEATH; deaths--; alive = alive & ~(1 << r); training[r] = 0 }
inline lose(r) { troubles--; net[r] = 0 }
inline setBackRegion(r) { killRegion(r); done[r] = 0 }

/* Hub.poll: a lease has run out. Without its budget only that of a region that cannot be heard, so
 * that the dead do not hold up a hub that waits for their hello. */
#define EXPIRES(r) (READY && OPEN(mem) && IN(mem.present, r) \
    && (LEASE_LEFT || (!IN(alive, r))))

inline expire(r) {
  if
  :: IN(alive, r) -> SPEND_LEASE
  :: else
  fi;
  membership(mem.present & ~(1 << r))
}

proctype World() {
  byte i;
#ifdef FAULT_ANSWERS_FIRST
  Fold other;
#endif
end:
  do
  :: atomic { TROUBLE && up -> troubles--; up = false; writing = false }
  :: atomic { TROUBLE && IN(alive, 0) -> killRegion(0) }
  :: atomic { TROUBLE && IN(alive, 1) -> killRegion(1) }
  :: atomic { TROUBLE && IN(alive, 2) -> killRegion(2) }
  :: atomic { TROUBLE && IN(alive, 0) && done[0] != 0 -> setBackRegion(0) }
  :: atomic { TROUBLE && IN(alive, 1) && done[1] != 0 -> setBackRegion(1) }
  :: atomic { TROUBLE && IN(alive, 2) && done[2] != 0 -> setBackRegion(2) }
  :: atomic { DEATH && IN(alive, 0) -> bury(0) }
  :: atomic { DEATH && IN(alive, 1) -> bury(1) }
  :: atomic { DEATH && IN(alive, 2) -> bury(2) }
  :: atomic { TROUBLE && net[0] != 0 -> lose(0) }
  :: atomic { TROUBLE && net[1] != 0 -> lose(1) }
  :: atomic { TROUBLE && net[2] != 0 -> lose(2) }
  :: atomic { EXPIRES(0) -> expire(0) }
  :: atomic { EXPIRES(1) -> expire(1) }
  :: atomic { EXPIRES(2) -> expire(2) }
#if RESTORES
  :: atomic { restores > 0 && copy.round == 0 && disk.number > 0 && OPEN(disk) ->
       take(copy, disk) }
  :: atomic { copy.round > 0 && copy.number < disk.number && OPEN(disk) ->
       restores--; up = false; writing = false;
       take(disk, copy); disk.cut = disk.number;
       take(copy, nothing) }
#endif
  /* When nothing else can happen: the end that was promised. */
  :: atomic { timeout -> assert(!OPEN(disk) || setBack); break }
  od
}

#ifdef LIVE
ltl merged { <> (!OPEN(disk)) }
#endif

init {
  byte i;
  atomic {
    disk.round = 1;
    disk.present = ALL & ~(1 << (N - 1));   /* the last region joins later */
    greeted = disk.present;
    take(mem, disk);
    run Ticker();
    i = 0;
    do
    :: i < N -> run Desk(i); run Region(i); i++
    :: else -> break
    od;
    i = 0;
    run World()
  }
}
