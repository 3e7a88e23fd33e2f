package org.dure.federation.log;

class MemoryRoundStoreTest extends RoundStoreContract {
  @Override
  RoundStore open() {
    return new MemoryRoundStore();
  }
}
