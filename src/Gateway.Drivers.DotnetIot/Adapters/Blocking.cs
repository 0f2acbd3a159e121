namespace Gateway.Drivers.DotnetIot.Adapters;

/// <summary>Where a synchronous contract meets an asynchronous one: the thread of a bus waits, which is what it is for.</summary>
internal static class Blocking
{
    /// <summary>Disposes, and waits until that is done.</summary>
    public static void Dispose(IAsyncDisposable disposable) => Wait(disposable.DisposeAsync().AsTask());

    /// <summary>Waits for the end of a task.</summary>
#pragma warning disable VSTHRD002 // GpioDriver is synchronous, and no context is there that could be waited for.
    public static void Wait(Task task) => task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
}
