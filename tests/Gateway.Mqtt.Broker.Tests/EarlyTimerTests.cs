using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests;

public class EarlyTimerTests
{
    [Fact]
    public async Task A_timer_that_fires_before_its_time_is_set_again()
    {
        var time = new StandingTimeProvider();
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [] }, time);
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = new byte[1], Retain = true, MessageExpiryInterval = 10 });
        Assert.Equal([TimeSpan.FromSeconds(10)], time.Timer!.Settings);

        time.Timer.Fire();

        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], time.Timer.Settings);
    }

    /// <summary>Time stands still, and the one timer fires when the test says so.</summary>
    private sealed class StandingTimeProvider : TimeProvider
    {
        public RecordedTimer? Timer { get; private set; }

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Timer = new RecordedTimer(callback, state);
    }

    private sealed class RecordedTimer(TimerCallback callback, object? state) : ITimer
    {
        public List<TimeSpan> Settings { get; } = [];

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Settings.Add(dueTime);
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
