package org.dure.federation.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.Decoding;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.secure.AgreementKey;
import org.dure.federation.secure.RoundContext;
import org.dure.federation.secure.SealedShares;
import org.dure.federation.secure.Seeds;
import org.dure.federation.secure.Shamir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever comes in for a secret sum, from a region, the hub or another member.
class SecretFuzzTest {
  private static final String[] ALL = {"fr", "ja", "ko"};

  /// At the step of the shares.
  private static SecretMembers members() {
    TestHub hub = new TestHub(TestStudies.with(SecretSumHubTest.SECRET, ALL));
    for (String region : ALL) {
      hub.hello(region);
    }
    SecretMembers members = new SecretMembers(hub);
    members.keys(ALL);
    hub.poll();
    return members;
  }

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  static Stream<Arguments> messages() {
    SecretMembers members = members();
    String study = members.hub.study.digest();
    MaskingMessage shares = members.sharesOf("ko", members.seeds.get("ko"));
    return Stream.of(
        seed(members.keysOf("ko", "ab".repeat(32)).bytes()),
        seed(shares.bytes()),
        seed(
            new MaskingMessage.Confirmation(
                    MaskingMessage.Confirmation.KIND, study, "ko", 2, 1, List.of(ALL))
                .bytes()),
        seed(
            new MaskingMessage.Revelation(
                    MaskingMessage.Revelation.KIND, study, "ko", 2, 1, Map.of())
                .bytes()),
        seed(
            new MaskingMessage.Withdrawal(MaskingMessage.Withdrawal.KIND, study, "ko", 2, 1)
                .bytes()),
        seed(
            ("{\"kind\":\"shares\",\"study\":\""
                    + study
                    + "\",\"region\":\"ko\",\"sequence\":2,"
                    + "\"round\":1,\"boxes\":{\"ja\":{\"sealed\":\"\",\"own\":\"\",\"pair\":\"\"}}}")
                .getBytes(UTF_8)),
        seed(
            ("{\"kind\":\"revelation\",\"study\":\""
                    + study
                    + "\",\"region\":\"ko\",\"sequence\""
                    + ":2,\"round\":1,\"shares\":{\"ja\":\"====\"}}")
                .getBytes(UTF_8)));
  }

  @MethodSource("messages")
  @FuzzTest
  void whatAMemberSignsIsTakenOrRefusedByName(byte[] bytes) {
    TestHub hub = members().hub;
    Decoding.of(
        bytes,
        message ->
            hub.hub.receive(
                hub.peer("ko"),
                SignedMessage.parse(message, hub.signer("ko").sign(message)),
                hub.now),
        MessageRejected.class::isInstance);
    hub.poll();
    long number = hub.number();
    hub.start();
    assertThat(hub.number()).isEqualTo(number);
  }

  static Stream<Arguments> views() {
    SecretMembers members = members();
    return Stream.of(
        seed(Json.bytes(SecretView.none())), seed(Json.bytes(members.hub.hub.secretView("ko"))));
  }

  @MethodSource("views")
  @FuzzTest
  void whereARoundStandsIsReadOrRefused(byte[] bytes) {
    Decoding.of(bytes, json -> Json.read(json, SecretView.class), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            view -> {
              assertThat(Json.read(Json.bytes(view), SecretView.class)).isEqualTo(view);
              view.said()
                  .forEach(
                      said ->
                          Decoding.of(
                              new byte[0],
                              unused -> said.signed(),
                              MessageRejected.class::isInstance));
            });
  }

  static Stream<Arguments> boxes() {
    SplittableRandom random = new SplittableRandom(1);
    Seeds.Shares shares = Seeds.draw(random).shares(Map.of("ja", 1), 1, 1, random).get("ja");
    AgreementKey key = AgreementKey.of(new byte[32]);
    byte[] box =
        SealedShares.seal(
            shares, new RoundContext("s", 1), key, key.publicKey(), "ko", "ja", random);
    return Stream.of(seed(box), seed(shares.own()), seed(new byte[0]));
  }

  @MethodSource("boxes")
  @FuzzTest
  void boxesSharesAndKeysAreTakenOrRefused(byte[] bytes) {
    AgreementKey key = AgreementKey.of(new byte[32]);
    Decoding.of(
        bytes,
        box -> SealedShares.open(box, new RoundContext("s", 1), key, key.publicKey(), "ko", "ja"),
        ErrorCode.INPUT_MALFORMED);
    Map<Integer, byte[]> shares = new TreeMap<>();
    for (int from = 0; from < bytes.length; from += Shamir.SHARE_BYTES) {
      shares.put(
          shares.size() + 1,
          Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + Shamir.SHARE_BYTES)));
    }
    Decoding.of(bytes, unused -> Shamir.combine(shares, 2), ErrorCode.INPUT_MALFORMED);
    Decoding.of(bytes, other -> key.agree(other), ErrorCode.INPUT_MALFORMED);
    assertThat(AgreementKey.isSound(new byte[32])).isFalse();
  }
}
