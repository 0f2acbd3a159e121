using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Bridging;

public class LoopGuardTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly LoopGuard _guard;

    public LoopGuardTests() => _guard = new LoopGuard(TimeSpan.FromSeconds(30), _time);

    [Fact]
    public void A_message_comes_back_once_for_each_time_it_went()
    {
        Send("on");
        Send("on");
        Assert.Equal([true, true, false], [Comes("on"), Comes("on"), Comes("on")]);
    }

    [Fact]
    public void Another_topic_or_payload_is_another_message()
    {
        Send("on");
        Assert.False(Comes("off"));
        Assert.False(_guard.IsEcho("other", Message("on"), "upstream"));
        Assert.True(Comes("on"));
    }

    [Fact]
    public void A_publisher_may_repeat_itself()
    {
        Send("on");
        Assert.False(_guard.IsEcho("t", Message("on"), "lamp"));
        Assert.True(Comes("on"));
    }

    [Fact]
    public void It_is_forgotten_after_a_time()
    {
        Send("on");
        _time.Advance(TimeSpan.FromSeconds(20));
        Send("off");
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal([false, true], [Comes("on"), Comes("off")]);
    }

    [Fact]
    public void The_oldest_gives_way_where_there_are_too_many()
    {
        for (var n = 0; n <= LoopGuard.Capacity; n++)
        {
            Send($"{n}");
        }

        Assert.Equal([false, true, true], [Comes("0"), Comes("1"), Comes($"{LoopGuard.Capacity}")]);
    }

    private void Send(string payload) => _guard.Sent("t", Message(payload), "lamp");

    private bool Comes(string payload) => _guard.IsEcho("t", Message(payload), "upstream");

    private static ApplicationMessage Message(string payload) => new() { Topic = "whatever", Payload = System.Text.Encoding.UTF8.GetBytes(payload) };
}
