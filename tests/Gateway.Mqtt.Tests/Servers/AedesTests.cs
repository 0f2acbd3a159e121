using Gateway.Mqtt.Packets;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Mqtt.Tests.Servers;

/// <summary>The client against aedes, which speaks 3.1.1.</summary>
public sealed class AedesTests(AedesTests.Server server, ITestOutputHelper output) : IClassFixture<AedesTests.Server>
{
    [PeerTheory(Peer.Aedes)]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task Messages_arrive_in_order(QualityOfService qos) =>
        await ServerConversations.Messages_arrive_in_order(await StartAsync(), qos, QualityOfService.ExactlyOnce);

    [PeerFact(Peer.Aedes)]
    public async Task A_pipeline_is_acknowledged_in_order() =>
        await ServerConversations.A_pipeline_is_acknowledged_in_order(await StartAsync());

    [PeerFact(Peer.Aedes)]
    public async Task A_retained_message_waits_for_those_who_come_later_until_it_is_cleared() =>
        await ServerConversations.A_retained_message_waits_for_those_who_come_later_until_it_is_cleared(await StartAsync());

    [PeerFact(Peer.Aedes)]
    public async Task The_will_of_a_client_that_vanished_is_published() =>
        await ServerConversations.The_will_of_a_client_that_vanished_is_published(await StartAsync());

    [PeerFact(Peer.Aedes)]
    public async Task A_session_keeps_messages_while_the_client_is_away() =>
        await ServerConversations.A_session_keeps_messages_while_the_client_is_away(await StartAsync());

    [PeerFact(Peer.Aedes)]
    public async Task A_payload_of_many_segments_arrives_whole() =>
        await ServerConversations.A_payload_of_many_segments_arrives_whole(await StartAsync());

    private async Task<AedesServer> StartAsync()
    {
        var started = await server.GetAsync();
        output.WriteLine(started.Name);
        return started;
    }

    public sealed class Server() : SharedServer<AedesServer>(AedesServer.StartAsync);
}
