using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Polling;

/// <summary>Devices that speak by themselves: their state follows what they say, not the next turn of the schedule.</summary>
public sealed class ListeningBusTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingObserver _observer = new();
    private readonly SpeakingBus _bus;
    private readonly BusPoller _poller;
    private readonly PointDefinition _point = Points.Point("x", "a", 3600);

    public ListeningBusTests()
    {
        _bus = new SpeakingBus(new FakeBus(_time));
        _bus.Outcomes["a"] = new ReadOutcome(ReadStatus.Listening, null);
        var definition = Points.Bus(Points.Device("a", _point));
        _poller = new BusPoller(definition, _bus, _observer, new PollOptions(), new DriverContext(_time, NullLogger.Instance));
    }

    public async Task InitializeAsync()
    {
        _poller.Start();
        await Eventually.TrueAsync(() => _bus.Calls.Count == 1 && _bus.Sink is not null && _time.ArmedTimers == 1);
    }

    public async Task DisposeAsync() => await _poller.DisposeAsync();

    [Fact]
    public void A_device_of_which_nothing_is_known_has_no_state() => Assert.Empty(_observer.States);

    [Fact]
    public async Task A_device_that_speaks_is_online_at_once()
    {
        Speak();
        await Eventually.TrueAsync(() => _observer.States.Count == 1);

        Assert.Equal(["a online"], _observer.States);
        Assert.Equal(2, _bus.Calls.Count);
    }

    [Fact]
    public async Task A_device_that_is_missed_is_offline_at_once_and_back_when_it_speaks()
    {
        Speak();
        await Eventually.TrueAsync(() => _observer.States.Count == 1);
        _bus.Outcomes["a"] = new ReadOutcome(ReadStatus.NoAnswer, "silent");
        _bus.Sink!.Finish("a", isHeard: false);
        await Eventually.TrueAsync(() => _observer.States.Count == 2);
        Speak();
        await Eventually.TrueAsync(() => _observer.States.Count == 3);

        Assert.Equal(["a online", "a offline silent", "a online"], _observer.States);
    }

    [Fact]
    public async Task A_listener_that_fails_begins_anew_later_each_time()
    {
        foreach (var seconds in new[] { 0.5, 1, 2 })
        {
            var armed = _time.ArmedTimers;
            _bus.Fail();
            await Eventually.TrueAsync(() => _time.ArmedTimers == armed + 1);
            _time.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            Assert.Equal(1, _time.ArmedTimers - armed);
            var before = _bus.Listened;
            _time.Advance(TimeSpan.FromSeconds(0.001));
            await Eventually.TrueAsync(() => _bus.Listened == before + 1);
        }

        Speak();
        await Eventually.TrueAsync(() => _observer.States.Count == 1);
    }

    private void Speak()
    {
        _bus.Outcomes["a"] = ReadOutcome.Answered;
        _bus.Sink!.Report(Reading.Good(_point, PointValue.From(1L), _time.GetUtcNow()));
        _bus.Sink.Finish("a", isHeard: true);
    }

    private sealed class SpeakingBus(FakeBus bus) : IListeningBus
    {
        private volatile TaskCompletionSource _listening = new();
        private int _listened;

        public IListeningSink? Sink { get; private set; }

        public int Listened => Volatile.Read(ref _listened);

        public System.Collections.Concurrent.ConcurrentDictionary<string, ReadOutcome> Outcomes => bus.Outcomes;

        public System.Collections.Concurrent.ConcurrentQueue<string> Calls => bus.Calls;

        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => bus.CreateReader(device, points);

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) => bus.WriteAsync(point, value, cancellationToken);

        public Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
        {
            Sink = sink;
            _listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _listened);
            return _listening.Task.WaitAsync(cancellationToken);
        }

        public void Fail() => _listening.SetException(new InvalidOperationException("A driver's bug."));

        public ValueTask DisposeAsync() => bus.DisposeAsync();
    }
}
