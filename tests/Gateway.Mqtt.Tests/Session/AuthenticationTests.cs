using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>AUTH on the client's side. MQTT 5.0 §4.12.</summary>
public sealed class AuthenticationTests
{
    private readonly SessionConversation _talk = new();

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-30")]
    [Trait("Spec", "MQTT-4.12.0-3")]
    public void The_clients_answers_carry_continue_authentication_and_the_method()
    {
        Connect();
        _talk.Server(Auth(ReasonCode.ContinueAuthentication, "salt"));
        Assert.Equal(["continues salt"], _talk.Effects);
        Assert.True(_talk.Session.IsAwaitingAuthentication);
        _talk.Session.ContinueAuthentication(Bytes("proof"), _talk.Now);
        Assert.Equal(["Auth ReasonCode=18 AuthenticationMethod=X AuthenticationData='proof'"], _talk.Sent);

        // Nothing is sent before the server has proved itself too.
        _talk.Publish("a");
        _talk.Server(Accepted("X", "signature"));
        Assert.Equal(["ends signature"], _talk.Effects);
        Assert.False(_talk.Session.IsConnected);
        Assert.Empty(_talk.Sent);
        _talk.Session.FinishAuthentication(_talk.Now);
        Assert.Equal("connected", _talk.Effects[0]);
        Assert.Single(_talk.Sent);
    }

    [Fact]
    public void A_server_that_cannot_prove_itself_gets_nothing()
    {
        Connect();
        _talk.Server(Accepted("X", "signature"));
        _talk.Publish("a");
        _talk.Session.FailAuthentication("It lies.", _talk.Now);
        Assert.Equal(["ends signature", "ended UnspecifiedError: It lies."], _talk.Effects);
        Assert.Empty(_talk.Sent);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Y")]
    [Trait("Spec", "MQTT-4.12.0-5")]
    public void A_CONNACK_without_the_method_is_refused(string? method)
    {
        Connect();
        _talk.Server(Accepted(method, null));
        Assert.Equal(["ended ProtocolError: The server accepts without the Authentication Method that the client asked for."], _talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.0-5")]
    public void An_AUTH_with_another_method_is_refused()
    {
        Connect();
        _talk.Server(new AuthPacket { ReasonCode = ReasonCode.ContinueAuthentication, AuthenticationMethod = "Y" });
        Assert.Equal(["ended ProtocolError: The server changed the Authentication Method."], _talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.0-6")]
    [Trait("Spec", "MQTT-4.12.0-7")]
    public void Without_a_method_an_AUTH_is_refused_and_none_is_sent()
    {
        _talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, _talk.Now);
        _talk.Server(Auth(ReasonCode.ContinueAuthentication, null));
        Assert.Equal(["ended ProtocolError: The server sent AUTH to a client that asks for no Authentication Method."], _talk.Effects);

        var connected = new SessionConversation().Open();
        Assert.False(connected.Session.TryReauthenticate(null, "again", connected.Now));
        connected.Server(Auth(ReasonCode.ContinueAuthentication, null));
        Assert.Equal(["Disconnect ReasonCode=82"], connected.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.0-6")]
    public void Without_a_method_a_CONNACK_with_one_is_refused()
    {
        _talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, _talk.Now);
        _talk.Server(Accepted("X", null));
        Assert.StartsWith("ended ProtocolError", _talk.Effects.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReasonCode.Success)]
    [InlineData(ReasonCode.ReAuthenticate)]
    [Trait("Spec", "MQTT-4.12.0-2")]
    public void Before_CONNACK_an_AUTH_says_continue(ReasonCode reasonCode)
    {
        Connect();
        _talk.Server(Auth(reasonCode, null));
        Assert.StartsWith("ended ProtocolError: The server sent AUTH with ", _talk.Effects.Single(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.0-4")]
    public void A_refusal_needs_no_proof()
    {
        Connect();
        _talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.NotAuthorized });
        Assert.Equal(["refused NotAuthorized"], _talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.1-1")]
    public void A_re_authentication_goes_on_beside_messages_with_the_same_method()
    {
        Open();
        Assert.True(_talk.Session.TryReauthenticate(Bytes("first"), "again", _talk.Now));
        Assert.False(_talk.Session.TryReauthenticate(null, "twice", _talk.Now));
        Assert.Equal(["Auth ReasonCode=19 AuthenticationMethod=X AuthenticationData='first'"], _talk.Sent);
        _talk.Publish("a");
        Assert.Single(_talk.Sent);
        _talk.Deliver("b", QualityOfService.AtMostOnce, 0);
        _talk.Server(Auth(ReasonCode.ContinueAuthentication, "salt"));
        _talk.Session.ContinueAuthentication(Bytes("proof"), _talk.Now);
        Assert.Equal(["Auth ReasonCode=18 AuthenticationMethod=X AuthenticationData='proof'"], _talk.Sent);
        _talk.Server(Auth(ReasonCode.Success, "signature"));
        _talk.Session.FinishAuthentication(_talk.Now);
        Assert.Equal(["message t b", "continues salt", "ends signature", "again answered 00"], _talk.Effects);
        Assert.True(_talk.Session.TryReauthenticate(null, "once more", _talk.Now));
    }

    [Fact]
    [Trait("Spec", "MQTT-4.12.1-2")]
    public void A_re_authentication_that_fails_ends_the_connection()
    {
        Open();
        Assert.True(_talk.Session.TryReauthenticate(null, "again", _talk.Now));
        _talk.Server(Auth(ReasonCode.Success, "signature"));
        _talk.Session.FailAuthentication("It lies.", _talk.Now);
        Assert.Equal(["Auth ReasonCode=19 AuthenticationMethod=X", "Disconnect ReasonCode=80"], _talk.Sent);
        _talk.Session.ConnectionLost();
        Assert.Equal(["ends signature", "ended UnspecifiedError: It lies.", "again lost"], _talk.Effects);
    }

    [Fact]
    public void A_re_authentication_that_is_not_answered_ends_the_connection()
    {
        Open();
        Assert.True(_talk.Session.TryReauthenticate(null, "again", _talk.Now));
        Assert.Equal(_talk.Now + TimeSpan.FromSeconds(10), _talk.Session.NextDeadline);
        _talk.Advance(10);
        Assert.Equal(["ended UnspecifiedError: The re-authentication did not end within 10 s."], _talk.Effects);
    }

    [Fact]
    public void The_server_cannot_begin_one()
    {
        Open();
        _talk.Server(Auth(ReasonCode.ReAuthenticate, null));
        Assert.Equal(["ended ProtocolError: The server sent AUTH without a re-authentication."], _talk.Effects);
    }

    private static AuthPacket Auth(ReasonCode reasonCode, string? data) =>
        new() { ReasonCode = reasonCode, AuthenticationMethod = "X", AuthenticationData = data is null ? null : Bytes(data) };

    private static ConnAckPacket Accepted(string? method, string? data) => new()
    {
        ReasonCode = ReasonCode.Success,
        AuthenticationMethod = method,
        AuthenticationData = data is null ? null : Bytes(data),
    };

    private static ReadOnlyMemory<byte>? Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private void Connect()
    {
        _talk.Session.Connect(
            new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c", KeepAlive = 60, AuthenticationMethod = "X" }, _talk.Now);
        Assert.Single(_talk.Sent);
    }

    private void Open()
    {
        Connect();
        _talk.Server(Accepted("X", null));
        _talk.Session.FinishAuthentication(_talk.Now);
        Assert.Equal(2, _talk.Effects.Count);
    }
}
