package org.dure.federation;

class MemoryRoundStoreTest extends RoundStoreContract {
  @Override
  RoundStore open() {
    return new MemoryRoundStore();
  }
}
