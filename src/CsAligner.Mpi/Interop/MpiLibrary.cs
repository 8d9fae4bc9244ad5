using System.Runtime.InteropServices;
using CsAligner.Tensors;

namespace CsAligner.Mpi.Interop;

/// <summary>An MPI library, loaded at run time: its functions, and the constants that they take.</summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>The variable that names the library to load.</summary>
    public const string PathVariable = "CSALIGN_MPI_LIBRARY";

    // As long as any kind's MPI_MAX_ERROR_STRING, and MPI_Status, or longer.
    private const int MostErrorBytes = 4096, MostStatusBytes = 256;

    private static readonly string[] OpenMpiNames = ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib"];
    private static readonly string[] MpichNames = ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.12.dylib"];
    private static readonly string[] StandardNames = ["libmpi_abi.so.0", "libmpi_abi.so", "libmpi_abi.0.dylib"];

    private readonly MpiHandles _handles;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, int*, int> _init;
    private readonly delegate* unmanaged[Cdecl]<int> _finalize;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int> _abort;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _rank, _size;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> _setErrorHandler;
    private readonly delegate* unmanaged[Cdecl]<int, byte*, int*, int> _errorString;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, int> _allGather;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, void*, int, nint, int, int, nint, void*, int> _exchange;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _barrier;

    private MpiLibrary(string name, nint library)
    {
        Name = name;
        Kind = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _) ? MpiKind.OpenMpi
            : Path.GetFileName(name).StartsWith("libmpi_abi", StringComparison.Ordinal) ? MpiKind.StandardAbi
            : MpiKind.Mpich;
        _handles = MpiHandles.Of(Kind, library);
        _init = (delegate* unmanaged[Cdecl]<void*, void*, int, int*, int>)Function("Init_thread");
        _finalize = (delegate* unmanaged[Cdecl]<int>)Function("Finalize");
        _abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Function("Abort");
        _rank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Function("Comm_rank");
        _size = (delegate* unmanaged[Cdecl]<nint, int*, int>)Function("Comm_size");
        _setErrorHandler = (delegate* unmanaged[Cdecl]<nint, nint, int>)Function("Comm_set_errhandler");
        _errorString = (delegate* unmanaged[Cdecl]<int, byte*, int*, int>)Function("Error_string");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int>)Function("Bcast");
        _allGather = (delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, int>)Function("Allgatherv");
        _allReduce = (delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int>)Function("Allreduce");
        _exchange = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, void*, int, nint, int, int, nint, void*, int>)
            Function("Sendrecv");
        _barrier = (delegate* unmanaged[Cdecl]<nint, int>)Function("Barrier");

        nint Function(string function) => NativeLibrary.TryGetExport(library, "MPI_" + function, out nint address)
            ? address
            : throw new InputException($"mpi: {name} is no MPI library: it has no MPI_{function}; name another one in {PathVariable}");
    }

    /// <summary>The file that was loaded.</summary>
    public string Name { get; }

    public MpiKind Kind { get; }

    /// <summary>Loads the library that belongs to the launcher, or another one where that is not installed.</summary>
    /// <param name="openMpi">Whether Open MPI's own launcher started this process: then only its library finds the others.</param>
    /// <param name="started">What it started, for people: "8 processes by mpiexec".</param>
    /// <param name="path">The library to load instead; null or empty for none.</param>
    /// <exception cref="InputException">There is none.</exception>
    public static MpiLibrary Load(bool openMpi, string started, string? path)
    {
        // UCX, part of both, would take over SIGSEGV, by which the runtime finds null references.
        NativeEnvironment.Default("UCX_ERROR_SIGNALS", "");
        if (!string.IsNullOrEmpty(path))
        {
            return TryLoad(path) ?? throw new InputException(
                $"mpi: {PathVariable} is '{path}', which cannot be loaded; give the path of libmpi.so, libmpich.so or libmpi_abi.so");
        }

        string[] names = openMpi
            ? [.. OpenMpiNames, .. StandardNames, .. MpichNames]
            : [.. MpichNames, .. StandardNames, .. OpenMpiNames];
        foreach (string name in names)
            if (TryLoad(name) is { } library) return library;
        throw new InputException($"mpi: started as one of {started}, but there is no MPI library here; "
            + $"install {(openMpi ? "libopenmpi3 (Open MPI)" : "libmpich12 (MPICH)")}, or name its file in {PathVariable}");
    }

    /// <summary>Joins the other processes.</summary>
    public void Init()
    {
        int provided;
        Check(_init(null, null, _handles.ThreadSerialized, &provided), "MPI_Init");
        Check(_setErrorHandler(_handles.World, _handles.ErrorsReturn), "MPI_Comm_set_errhandler");
    }

    public (int Rank, int Size) Place()
    {
        int rank, size;
        Check(_rank(_handles.World, &rank), "MPI_Comm_rank");
        Check(_size(_handles.World, &size), "MPI_Comm_size");
        return (rank, size);
    }

    public void Finish() => Check(_finalize(), "MPI_Finalize");

    /// <summary>Ends the processes of all ranks.</summary>
    public void Abort(int code) => _ = _abort(_handles.World, code);

    public void Broadcast(void* data, int bytes, int root) =>
        Check(_broadcast(data, bytes, _handles.Byte, root, _handles.World), "MPI_Bcast");

    public void AllGather(void* own, int bytes, void* all, int* lengths, int* offsets) =>
        Check(_allGather(own, bytes, _handles.Byte, all, lengths, offsets, _handles.Byte, _handles.World), "MPI_Allgatherv");

    public void AllReduce(float* values, int count) =>
        Check(_allReduce((void*)_handles.InPlace, values, count, _handles.Float, _handles.Sum, _handles.World), "MPI_Allreduce");

    public void Exchange(void* sent, int sentBytes, int to, void* received, int receivedBytes, int from)
    {
        byte* status = stackalloc byte[MostStatusBytes];
        nint type = _handles.Byte;
        Check(_exchange(sent, sentBytes, type, to, 0, received, receivedBytes, type, from, 0, _handles.World, status), "MPI_Sendrecv");
    }

    public void Barrier() => Check(_barrier(_handles.World), "MPI_Barrier");

    private static MpiLibrary? TryLoad(string name) =>
        NativeLibrary.TryLoad(name, out nint library) ? new MpiLibrary(name, library) : null;

    private void Check(int code, string function)
    {
        if (code == 0) return;
        byte* text = stackalloc byte[MostErrorBytes];
        int length = 0;
        string why = _errorString(code, text, &length) == 0 ? Marshal.PtrToStringUTF8((nint)text, length) : $"code {code}";
        throw new InputException($"mpi: {function} failed ({Name}): {why}");
    }
}
