namespace CsAligner.Studies.Sweeps;

/// <summary>The peak of this process's memory, from a moment on.</summary>
internal static class PeakMemory
{
    private const string ClearReferences = "/proc/self/clear_refs";

    /// <summary>Forgets the peak so far where the system can (Linux); elsewhere it stays that of the whole process.</summary>
    public static void Reset()
    {
        GC.Collect();
        try
        {
            if (OperatingSystem.IsLinux()) File.WriteAllText(ClearReferences, "5");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The peak is of the whole process then.
        }
    }
}
