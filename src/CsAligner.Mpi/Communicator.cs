using System.Diagnostics;
using CsAligner.Mpi.Interop;
using CsAligner.Ranks;
using CsAligner.Tensors;

namespace CsAligner.Mpi;

/// <summary>
/// All processes of an MPI job (MPI_COMM_WORLD). One at a time, and used by one thread at a time. Lengths beyond what MPI counts in an
/// int are cut into several calls.
/// </summary>
public sealed unsafe class Communicator : ICommunicator, IDisposable
{
    // MPI counts bytes in an int.
    private const int MostBytes = 1 << 30;

    private readonly MpiLibrary _library;
    private long _ticks;
    private bool _left;

    private Communicator(MpiLibrary library, int rank, int size) => (_library, Rank, Size) = (library, rank, size);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public long ExchangedBytes { get; private set; }

    /// <inheritdoc/>
    public TimeSpan ExchangeTime => Stopwatch.GetElapsedTime(0, _ticks);

    /// <summary>The MPI library's file, such as libmpi.so.40.</summary>
    public string Library => _library.Name;

    /// <summary>Loads MPI and joins the processes that were started together; once in a process.</summary>
    /// <param name="launch">What <see cref="MpiLaunch.Detect"/> has found.</param>
    /// <param name="library">The library's file; null for the variable CSALIGN_MPI_LIBRARY, or else the one that is installed.</param>
    /// <exception cref="InputException">There is no MPI library, or it belongs to another launcher.</exception>
    public static Communicator Open(MpiLaunch launch, string? library = null)
    {
        ArgumentNullException.ThrowIfNull(launch);
        string started = $"{launch.Size} processes by {launch.Launcher}";
        library ??= Environment.GetEnvironmentVariable(MpiLibrary.PathVariable);
        var mpi = MpiLibrary.Load(launch.IsOpenMpi, started, library);
        mpi.Init();
        var (rank, size) = mpi.Place();
        if ((rank, size) != (launch.Rank, launch.Size))
            throw new InputException($"mpi: {launch.Launcher} started {launch.Size} processes, but {mpi.Name} finds {size}: they are of "
                + $"different kinds; start with {(mpi.Kind == MpiKind.OpenMpi ? "Open MPI's mpirun (mpirun.openmpi)" : "MPICH's mpiexec "
                + "(mpiexec.mpich)")}, or install "
                + (launch.IsOpenMpi ? "Open MPI's library (libopenmpi3)" : "MPICH's library (libmpich12)")
                + $" or name it in {MpiLibrary.PathVariable}");
        return new Communicator(mpi, rank, size);
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int root)
    {
        CheckRank(root, nameof(root));
        long start = Stopwatch.GetTimestamp();
        fixed (byte* pointer = data)
            for (int first = 0; first < data.Length; first += MostBytes)
                _library.Broadcast(pointer + first, Math.Min(MostBytes, data.Length - first), root);
        Count(start, Rank == root ? 0 : data.Length);
    }

    /// <inheritdoc/>
    public void AllGather(ReadOnlySpan<byte> own, ReadOnlySpan<long> lengths, Span<byte> all)
    {
        if (lengths.Length != Size) throw new ArgumentException($"Expected {Size} lengths, got {lengths.Length}.", nameof(lengths));
        long total = 0;
        foreach (long length in lengths) total = checked(total + length);
        if (own.Length != lengths[Rank] || all.Length != total)
            throw new ArgumentException($"Rank {Rank} has {own.Length} bytes of {lengths[Rank]} and room for {all.Length} of {total}.",
                nameof(own));
        long start = Stopwatch.GetTimestamp();
        Span<int> counts = stackalloc int[Size], offsets = stackalloc int[Size];
        for (int rank = 0; rank < Size; rank++)
        {
            counts[rank] = (int)lengths[rank];
            if (rank > 0) offsets[rank] = offsets[rank - 1] + counts[rank - 1];
        }

        fixed (byte* from = own, to = all)
        fixed (int* count = counts, offset = offsets)
            _library.AllGather(from, own.Length, to, count, offset);
        Count(start, total - own.Length);
    }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values)
    {
        const int Most = MostBytes / sizeof(float);
        long start = Stopwatch.GetTimestamp();
        fixed (float* pointer = values)
            for (int first = 0; first < values.Length; first += Most)
                _library.AllReduce(pointer + first, Math.Min(Most, values.Length - first));

        // What the usual algorithms move: parts of the sums to their rank, and the sums back.
        Count(start, 2L * sizeof(float) * values.Length * (Size - 1) / Size);
    }

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<byte> sent, int to, Span<byte> received, int from)
    {
        CheckRank(to, nameof(to));
        CheckRank(from, nameof(from));
        long start = Stopwatch.GetTimestamp();
        fixed (byte* source = sent, target = received)
            _library.Exchange(source, sent.Length, to, target, received.Length, from);
        Count(start, received.Length);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        long start = Stopwatch.GetTimestamp();
        _library.Barrier();
        Count(start, 0);
    }

    /// <summary>Ends the processes of all ranks at once: for a rank that cannot go on, after it has said why.</summary>
    /// <param name="code">The exit code.</param>
    public void Abort(int code)
    {
        _left = true;
        _library.Abort(code);
    }

    /// <summary>Leaves the job; waits for the other ranks to do so.</summary>
    public void Dispose()
    {
        if (_left) return;
        _left = true;
        _library.Finish();
    }

    private void CheckRank(int rank, string name)
    {
        if ((uint)rank >= (uint)Size) throw new ArgumentOutOfRangeException(name, rank, $"There are ranks 0 to {Size - 1}.");
    }

    private void Count(long start, long bytes)
    {
        _ticks += Stopwatch.GetTimestamp() - start;
        ExchangedBytes += bytes;
    }
}
