package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;

class LibtorchTest {
  @Test
  void theSelfTestMeasuresThisMachine() {
    Libtorch.SelfTest found = Libtorch.selfTest();
    assertThat(found.version()).startsWith("2.10");
    assertThat(found.gigaflops()).isPositive();
    assertThat(found.threads()).isEqualTo(1);
    assertThat(found.instructions()).isNotEqualTo("unknown");
  }

  @Test
  void threadsAreSet() {
    Libtorch.threads(2);
    assertThat(Libtorch.selfTest().threads()).isEqualTo(2);
    Libtorch.threads(1);
    assertThat(Libtorch.selfTest().threads()).isEqualTo(1);
    assertThatThrownBy(() -> Libtorch.threads(0)).isInstanceOf(DureException.class);
  }

  @Test
  void anOldProcessorIsRefusedBeforeItCrashes() {
    Libtorch.checkInstructions("processor : 0\nflags\t\t: fpu sse4_2 fma avx avx2 bmi2\n");
    Libtorch.checkInstructions("no flags here");
    assertThatThrownBy(() -> Libtorch.checkInstructions("flags : fpu sse4_2 avx fma\n"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NATIVE_UNAVAILABLE))
        .hasMessageContaining("AVX2");
  }

  @Test
  void aDeviceThatIsNotThereIsRefused() {
    if (!org.bytedeco.pytorch.global.torch.cuda_is_available()) {
      assertThatThrownBy(() -> Libtorch.use(Libtorch.Device.CUDA))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("linux-x86_64-gpu");
    }
    Libtorch.use(Libtorch.Device.CPU);
    assertThat(Libtorch.device()).isEqualTo(Libtorch.Device.CPU);
  }

  @Test
  void libtorchWithoutMemoryIsAnErrorOfMemory() {
    RuntimeException thrown =
        new RuntimeException(
            "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: not enough memory:"
                + " you tried to allocate 4398046511104 bytes.\nException raised from ...");
    assertThat(Libtorch.explain(thrown))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MEMORY_SHORT))
        .hasMessageContaining("4398046511104 bytes");
    RuntimeException other = new RuntimeException("something else");
    assertThat(Libtorch.explain(other)).isSameAs(other);
  }
}
