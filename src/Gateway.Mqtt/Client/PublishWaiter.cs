namespace Gateway.Mqtt.Client;

/// <summary>Turns the end of one publish into the end of a task.</summary>
internal sealed class PublishWaiter : TaskCompletionSource<PublishResult>, IPublishCompletion
{
    private volatile bool _isWithdrawn;

    public PublishWaiter()
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
    }

    /// <summary>The caller gave up: if the message is not sent yet, do not send it.</summary>
    public bool IsWithdrawn => _isWithdrawn;

    public void Completed(long token, PublishResult result) => TrySetResult(result);

    public void Withdraw(CancellationToken cancellationToken)
    {
        _isWithdrawn = true;
        TrySetCanceled(cancellationToken);
    }
}
