using System.Runtime.InteropServices;

namespace CsAligner.Mpi.Interop;

/// <summary>The constants that calls need, by kind: in C they come from the header that a program is compiled with.</summary>
internal sealed record MpiHandles(nint World, nint Byte, nint Float, nint Sum, nint InPlace, nint ErrorsReturn, int ThreadSerialized)
{
    /// <summary>Those of a loaded library.</summary>
    public static MpiHandles Of(MpiKind kind, nint library)
    {
        return kind switch
        {
            MpiKind.OpenMpi => new(
                Symbol("comm_world"), Symbol("byte"), Symbol("float"), Symbol("op_sum"), InPlace: 1, Symbol("errors_return"), 2),
            MpiKind.Mpich => new(0x44000000, 0x4c00010d, 0x4c00040a, 0x58000003, InPlace: -1, 0x54000001, 2),
            _ => new(0x101, 0x247, 0x210, 0x21, InPlace: 1, 0x143, 2048),
        };

        nint Symbol(string name) => NativeLibrary.GetExport(library, "ompi_mpi_" + name);
    }
}
