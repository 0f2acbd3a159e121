using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>The Authentication Method "T" of the wire cases: asks <c>a</c>, then <c>c</c>; is content with <c>z</c>, or takes <c>y</c> for somebody else.</summary>
internal sealed class AskingMethod : IServerAuthenticationMethod
{
    public string Name => "T";

    public IServerAuthenticationExchange Begin(AuthenticationRequest request) => new Exchange();

    private sealed class Exchange : IServerAuthenticationExchange
    {
        public ValueTask<AuthenticationResult> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
        {
            var text = data is { } bytes ? Encoding.ASCII.GetString(bytes.Span) : "";
            return ValueTask.FromResult(text switch
            {
                "a" => AuthenticationResult.Continue("b"u8.ToArray()),
                "c" => AuthenticationResult.Accept("user") with { Data = "d"u8.ToArray() },
                "y" => AuthenticationResult.Accept("another"),
                "z" => AuthenticationResult.Accept("user"),
                _ => new AuthenticationResult(ReasonCode.NotAuthorized),
            });
        }
    }
}
