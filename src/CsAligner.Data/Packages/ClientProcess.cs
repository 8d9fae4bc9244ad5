using System.ComponentModel;
using System.Diagnostics;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>Runs a package client of the machine, which knows its registry, proxy and credentials, to its end.</summary>
internal static class ClientProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a client and gives its exit code and all that it said.</summary>
    /// <param name="program">Its name on PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">The folder that it runs in.</param>
    /// <param name="what">What it fetches, for errors.</param>
    /// <param name="missing">What to say where there is no such program.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputException">It is not there, or does not finish.</exception>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string program, IReadOnlyList<string> arguments,
        string folder, string what, string missing, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, folder, missing);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new InputException(
                $"{program} did not finish fetching {what} in {Patience.TotalMinutes:0} minutes; check the network and "
                + "run the command again", e);
        }

        return (process.ExitCode, await output, await errors);
    }

    // Process would look beside the running program first: with another SDK there than on PATH, that is not the client the user has.
    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? Path.ChangeExtension(program, ".exe") : program))
        .FirstOrDefault(File.Exists);

    private static Process Start(string program, IReadOnlyList<string> arguments, string folder, string missing)
    {
        var start = new ProcessStartInfo
        {
            FileName = Find(program) ?? throw new InputException(missing),
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or FileNotFoundException)
        {
            throw new InputException(missing, e);
        }
    }
}
