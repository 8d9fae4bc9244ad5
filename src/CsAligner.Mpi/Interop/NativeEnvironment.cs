using System.Runtime.InteropServices;

namespace CsAligner.Mpi.Interop;

/// <summary>
/// The environment as C libraries see it: <see cref="Environment.SetEnvironmentVariable(string, string)"/> changes a copy of the
/// runtime's own.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable that is not set yet.</summary>
    public static void Default(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) == null) _ = Set(name, value, 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
