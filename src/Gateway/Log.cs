namespace Gateway;

/// <summary>Everything the executable itself logs: events 8000 to 8999.</summary>
internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Warning, "Changes in {Folder} are not noticed ({Reason}); after an edit there send SIGHUP: systemctl reload gateway")]
    public static partial void FolderNotWatched(ILogger logger, string folder, string reason);
}
