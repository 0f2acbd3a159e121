namespace Gateway.Hosting;

/// <summary>
/// Keeps a second service away from a data folder. The kernel's lock on the file goes with the process, however it ends.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, and makes the folder if it is not there.</summary>
    /// <exception cref="DataFolderException">Another service has the lock, or the folder cannot be written.</exception>
    public static InstanceLock Take(string dataFolder)
    {
        var path = Path.Combine(dataFolder, "gateway.lock");
        try
        {
            Directory.CreateDirectory(dataFolder);
            return new InstanceLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DataFolderException(
                $"the data folder {dataFolder} cannot be written: give this user the right to it, or name another one with 'data:' in gateway.yaml",
                exception);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new DataFolderException(
                $"another gateway uses the data folder {dataFolder}: stop that one, or give this one its own with 'data:' in gateway.yaml",
                exception);
        }
        catch (IOException exception)
        {
            throw new DataFolderException(
                $"the data folder {dataFolder} cannot be made ({exception.Message.TrimEnd('.')}): name another one with 'data:' in gateway.yaml",
                exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
