using System.Net.Security;
using System.Runtime.Versioning;

namespace Gateway.Mqtt.Transport;

/// <summary>
/// Which cipher suites TLS offers or chooses first. On a processor without AES instructions (most Raspberry Pis)
/// ChaCha20-Poly1305 costs a third of AES, and does not leak through the cache.
/// </summary>
public static class TlsCipherOrder
{
    private static readonly TlsCipherSuite[] ChaChaFirst =
    [
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    ];

    /// <summary>For <c>CipherSuitesPolicy</c> of a client's or a server's TLS options; null: the system's order stands,
    /// because this processor has AES instructions or the system does not take an order.</summary>
    public static CipherSuitesPolicy? ForThisProcessor { get; } =
        OperatingSystem.IsLinux() && !HasAesInstructions ? CreateChaChaFirst() : null;

    private static bool HasAesInstructions =>
        System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported;

    [SupportedOSPlatform("linux")]
    internal static CipherSuitesPolicy CreateChaChaFirst() => new(ChaChaFirst);
}
