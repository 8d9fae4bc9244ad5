using CsAligner.Data.Images;
using CsAligner.Server.Keys;
using CsAligner.Tensors;
using Microsoft.Extensions.Logging;

namespace CsAligner.Server.Configuration;

/// <summary>How a <c>SearchServer</c> listens, what it lets in, and where its pictures lie.</summary>
public sealed record SearchServerOptions
{
    /// <summary>The address to listen at: <c>HOST:PORT</c>, an IPv6 address in brackets; port 0 takes any free one. Beyond the machine
    /// itself it needs <see cref="Keys"/>.</summary>
    public string Listen { get; init; } = "127.0.0.1:7860";

    /// <summary>Who may read and write; null lets in whoever reaches the address, which then must be the machine itself.</summary>
    public ApiKeys? Keys { get; init; }

    /// <summary>Whether items may be added and removed.</summary>
    public bool Writable { get; init; } = true;

    /// <summary>Host names, beside those of the machine itself, that requests may be for: those of a proxy in front. Without keys, others
    /// are refused, so that a page on the web cannot read the index through a name that leads here.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Folders in which the pictures of items lie; an item's path is looked for in them, and never outside.</summary>
    public IReadOnlyList<string> PictureFolders { get; init; } = [];

    /// <summary>The folder that keeps uploaded pictures; null keeps none, only their vectors.</summary>
    public string? UploadFolder { get; init; }

    /// <summary>The most bytes of a request; at least 1,024.</summary>
    public long MaxRequestBytes { get; init; } = 32 << 20;

    /// <summary>The most bytes of an uploaded picture.</summary>
    public int MaxPictureBytes { get; init; } = 20 << 20;

    /// <summary>How large an uploaded picture may be.</summary>
    public PictureLimits PictureLimits { get; init; } = new(50_000_000, 16_384);

    /// <summary>How long a picture may take to be decoded.</summary>
    public TimeSpan PictureTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How much memory a process that decodes pictures may take, in bytes.</summary>
    public long PictureMemory { get; init; } = 1L << 30;

    /// <summary>Processes that decode pictures, 1 to 64.</summary>
    public int PictureWorkers { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);

    /// <summary>
    /// The program and arguments of a process that decodes pictures. Null runs this program again: it must begin with
    /// <c>PictureWorker.TryRun</c>.
    /// </summary>
    public IReadOnlyList<string>? PictureCommand { get; init; }

    /// <summary>Requests a second of one client, in the long run; 0 for no limit.</summary>
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>Requests that are worked on at a time; as many again wait.</summary>
    public int MaxConcurrent { get; init; } = 64;

    /// <summary>Connections at a time.</summary>
    public int MaxConnections { get; init; } = 1_024;

    /// <summary>How long a request may take.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long requests that are under way may take when the server stops.</summary>
    public TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The row of an item before alignment, by its id, for the map and the gap; null where it is not known. Called by one thread
    /// at a time.</summary>
    public Func<string, float[]?>? RowBefore { get; init; }

    /// <summary>Where the log goes; null for nowhere. It never holds keys, nor what was searched for.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    internal void Check()
    {
        AtLeast(MaxRequestBytes, 1024, nameof(MaxRequestBytes));
        AtLeast(MaxPictureBytes, 1, nameof(MaxPictureBytes));
        AtLeast(PictureMemory, 64 << 20, nameof(PictureMemory));
        AtLeast(PictureWorkers, 1, nameof(PictureWorkers));
        AtLeast(64, PictureWorkers, nameof(PictureWorkers));
        AtLeast(RequestsPerSecond, 0, nameof(RequestsPerSecond));
        AtLeast(MaxConcurrent, 1, nameof(MaxConcurrent));
        AtLeast(MaxConnections, 1, nameof(MaxConnections));
    }

    private static void AtLeast(long value, long least, string name)
    {
        if (value < least) throw new InputException($"{name}: {value} is out of range; see its description");
    }
}
