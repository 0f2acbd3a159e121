using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Commands;

public sealed class CommandDispatcherTests
{
    private readonly CommandDispatcher _dispatcher = new(
        new CommandRouter("plant1", (_, _) => null, TimeProvider.System, NullLogger.Instance), NullLogger.Instance);

    [Fact]
    public async Task Correlation_data_comes_back_though_its_buffer_is_used_again()
    {
        byte[] data = [1, 2, 3];
        var answer = DispatchAsync(new ApplicationMessage { Topic = "plant1/boiler/pump/set", ResponseTopic = "answers", CorrelationData = data });
        data.AsSpan().Clear();
        Assert.Equal([1, 2, 3], (await answer).CorrelationData!.Value.ToArray());
    }

    [Fact]
    public async Task A_command_without_correlation_data_is_answered_without() =>
        Assert.Null((await DispatchAsync(new ApplicationMessage { Topic = "plant1/boiler/pump/set" })).CorrelationData);

    private async Task<ApplicationMessage> DispatchAsync(ApplicationMessage command)
    {
        TaskCompletionSource<ApplicationMessage> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _dispatcher.Dispatch(command, (message, _) =>
        {
            answer.TrySetResult(message);
            return ValueTask.CompletedTask;
        });
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
