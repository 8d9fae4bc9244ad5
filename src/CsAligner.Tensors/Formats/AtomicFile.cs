using CsAligner.Tensors.Interop;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Writes a file so that a crash, a kill or a full disk leaves either the old file or the new one, never a torn one:
/// a temporary file in the same folder, flushed to the disk, renamed over the target, and the folder flushed.
/// Without <see cref="Commit"/> the temporary file is removed and the target stays as it was. A killed process
/// leaves its temporary file behind; <see cref="CleanFolder"/> removes those, except files that another process still writes.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private const string TemporarySuffix = ".csalign-tmp";

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly FileStream _file;
    private bool _closed;

    private AtomicFile(string path, string temporaryPath, FileStream file)
    {
        (_path, _temporaryPath, _file) = (path, temporaryPath, file);
        Stream = new OutputStream(file, path);
    }

    /// <summary>Where to write; its failures are <see cref="InputException"/>.</summary>
    public Stream Stream { get; }

    /// <summary>Begins to write <paramref name="path"/>.</summary>
    /// <exception cref="InputException">The folder is missing or cannot be written, or the path is a folder.</exception>
    public static AtomicFile Create(string path)
    {
        string full = Target(path), folder = Path.GetDirectoryName(full)!;
        string temporaryPath = Path.Combine(folder, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}{TemporarySuffix}");
        try
        {
            // FileShare.None is a lock for as long as we write: it tells CleanFolder that the file is in use.
            return new AtomicFile(full, temporaryPath,
                new FileStream(temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failure(path, failure);
        }
    }

    /// <summary>Writes a file by a function and commits it when the function returns.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        using AtomicFile file = Create(path);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Writes bytes.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using AtomicFile file = Create(path);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Creates a folder for output, with its parents; an existing one is fine.</summary>
    /// <exception cref="InputException">It cannot be created.</exception>
    public static void CreateFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string reason = File.Exists(folder) ? "it is a file; give another name" : Reason(failure);
            throw new InputException($"cannot create the folder '{folder}': {reason}", failure);
        }
    }

    /// <summary>
    /// Removes temporary files that killed runs left in a folder (not in those below it). Files that a living
    /// process still writes are locked and stay. Files that cannot be removed stay; a missing folder is fine.
    /// </summary>
    /// <returns>How many files were removed.</returns>
    public static int CleanFolder(string folder)
    {
        if (!Directory.Exists(folder))
            return 0;
        int removed = 0;
        try
        {
            foreach (string path in Directory.GetFiles(folder, $".*{TemporarySuffix}"))
                removed += TryRemove(path) ? 1 : 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // If the folder cannot be listed, there is nothing to remove; writing to it will report the error.
        }

        return removed;
    }

    /// <summary>Puts the file in its place; on return it is on the disk.</summary>
    /// <exception cref="InputException">The disk is full or fails; the old file, if any, is untouched.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        try
        {
            _file.Flush(flushToDisk: true);
            // Renamed while open where the system allows it: the lock guards the temporary file to the end.
            if (OperatingSystem.IsWindows())
                _file.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            _closed = true;
            _file.Dispose();
            FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failure(_path, failure);
        }
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        // The buffer of a full disk fails once more on closing; the first failure is the one to report.
        IgnoreFailure(_file.Dispose);
        IgnoreFailure(() => File.Delete(_temporaryPath));
    }

    /// <summary>The full path of the output; for a link, that of its target.</summary>
    /// <exception cref="InputException">The folder is missing, or the path is a folder or a device.</exception>
    internal static string Target(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        // A rename would replace a link by a file; write to what the link points to.
        if (new FileInfo(full).LinkTarget is not null && File.ResolveLinkTarget(full, returnFinalTarget: true) is { } target)
            full = target.FullName;
        if (Directory.Exists(full))
            throw new InputException($"cannot write '{path}': it is a folder; give the name of a file");
        // And it would replace /dev/null itself when root runs it; /dev/shm is a folder for files like any other.
        if (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal))
            throw new InputException($"cannot write '{path}': it is a device; give the name of a file");
        string folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder))
            throw new InputException($"cannot write '{path}': the folder '{folder}' does not exist; create it first");
        return full;
    }

    internal static InputException Failure(string path, Exception failure) =>
        new($"cannot write '{path}': {Reason(failure)}", failure);

    private static void IgnoreFailure(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static bool TryRemove(string path)
    {
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                File.Delete(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Reason(Exception failure) => (failure, failure.HResult & 0xFFFF) switch
    {
        // ENOSPC and EDQUOT of Linux and macOS, and Windows' ERROR_DISK_FULL.
        (IOException, 28 or 112 or 122 or 69) => "the disk is full; free some space or choose another folder",
        (IOException, 30) => "the file system is read-only; choose another folder",
        (UnauthorizedAccessException, _) => "permission denied; choose a folder that you may write to",
        _ => failure.Message,
    };

    /// <summary>Passes on to the temporary file and turns the disk's failures into lines for the user.</summary>
    private sealed class OutputStream(FileStream file, string path) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position
        {
            get => file.Position;
            set => Seek(value, SeekOrigin.Begin);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                file.Write(buffer);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw Failure(path, failure);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            try
            {
                file.Flush();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw Failure(path, failure);
            }
        }

        public override long Seek(long offset, SeekOrigin origin)
        {
            Flush();
            return file.Seek(offset, origin);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
