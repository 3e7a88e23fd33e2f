package org.dure.federation.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// A [RoundStore] that lasts as long as the process, for tests and simulations.
public final class MemoryRoundStore implements RoundStore {
  private final List<byte[]> events = new ArrayList<>();
  private final Map<String, byte[]> notes = new HashMap<>();

  @Override
  public synchronized void append(long number, byte[] event) {
    if (number != events.size() + 1L) {
      throw outOfOrder(number, events.size());
    }
    events.add(event.clone());
  }

  static DureException outOfOrder(long number, long last) {
    return new DureException(
        ErrorCode.INTERNAL,
        "event %d was to follow event %d: the log has another writer".formatted(number, last));
  }

  @Override
  public synchronized long last() {
    return events.size();
  }

  @Override
  public void read(long from, Reader reader) {
    for (long number = Math.max(1, from); number <= last(); number++) {
      reader.accept(number, at(number));
    }
  }

  private synchronized byte[] at(long number) {
    return events.get((int) number - 1).clone();
  }

  @Override
  public synchronized void note(String name, byte[] value) {
    notes.put(name, value.clone());
  }

  @Override
  public synchronized Optional<byte[]> noted(String name) {
    return Optional.ofNullable(notes.get(name)).map(byte[]::clone);
  }

  @Override
  public synchronized void close() {
    // Nothing is held; the events stay, as a file's would.
  }
}
