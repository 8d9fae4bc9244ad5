namespace CsAligner.Mpi.Interop;

/// <summary>What a library's handles are.</summary>
internal enum MpiKind
{
    /// <summary>Addresses of the library's symbols.</summary>
    OpenMpi,

    /// <summary>Constants of MPICH and its descendants (Intel MPI, MVAPICH, Cray MPICH), 32 bits wide.</summary>
    Mpich,

    /// <summary>The constants of MPI-5, chapter "Application Binary Interface", which any MPI may offer.</summary>
    StandardAbi,
}
