using System.Diagnostics;

namespace CsAligner.Testing;

/// <summary>A Python that has PyTorch and NumPy, where there is one: for comparisons with them.</summary>
internal static class Python
{
    /// <summary>Why a test is skipped where there is none.</summary>
    public const string Missing =
        "no python3 that can import torch and numpy: the comparison needs one (Debian: python3-torch, python3-numpy)";

    /// <summary>The system's python3 before the one on the path: Debian's packages belong to it. Null where neither can.</summary>
    public static async Task<string?> WithTorchAsync()
    {
        foreach (string candidate in (string[])["/usr/bin/python3", "python3"])
        {
            if (await TryAsync(candidate, "-c", "import torch, numpy") is (0, _)) return candidate;
        }

        return null;
    }

    /// <summary>Runs a script; what it says when it fails is the test's message.</summary>
    public static async Task RunAsync(string python, params string[] arguments)
    {
        var (code, error) = await TryAsync(python, arguments);
        Assert.True(code == 0, error);
    }

    private static async Task<(int Code, string Error)> TryAsync(string python, params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(
                    new ProcessStartInfo(python, arguments)
                    {
                        UseShellExecute = false,
                        RedirectStandardError = true,
                        RedirectStandardOutput = true
                    })!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await output;
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, error);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return (-1, failure.Message);
        }
    }
}
