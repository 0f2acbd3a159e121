using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>For what a connection may have ended.</summary>
public sealed class SessionEndTests
{
    [Theory]
    [InlineData(ReasonCode.PayloadFormatInvalid, true)]
    [InlineData(ReasonCode.PacketTooLarge, true)]
    [InlineData(ReasonCode.NotAuthorized, true)]
    [InlineData(ReasonCode.UnspecifiedError, true)]
    [InlineData(ReasonCode.QuotaExceeded, false)]
    [InlineData(ReasonCode.MessageRateTooHigh, false)]
    [InlineData(ReasonCode.ServerBusy, false)]
    [InlineData(ReasonCode.ServerShuttingDown, false)]
    [InlineData(ReasonCode.SessionTakenOver, false)]
    [InlineData(ReasonCode.AdministrativeAction, false)]
    [InlineData(ReasonCode.UseAnotherServer, false)]
    public void A_server_that_says_why_is_believed(ReasonCode code, bool expected) =>
        Assert.Equal(expected, new SessionEnd(code, "", IsByServer: true).MayBeForAMessage);

    [Fact]
    public void One_that_says_nothing_may_have_meant_a_message()
    {
        var end = new SessionEnd(ReasonCode.UnspecifiedError, "");
        Assert.True(end.MayBeForAMessage);
        Assert.False((end with { IsOwn = true }).MayBeForAMessage);
        Assert.False((end with { IsSilence = true }).MayBeForAMessage);
    }
}
