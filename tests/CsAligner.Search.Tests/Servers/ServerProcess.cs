using System.ComponentModel;
using System.Diagnostics;

namespace CsAligner.Search.Tests.Servers;

/// <summary>A server that a test starts and ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>Starts a program and waits for a line that says it is ready.</summary>
    /// <returns>The process and the line; null if there is no such program.</returns>
    public static async Task<(ServerProcess Process, string Line)?> StartAsync(
        string program, IEnumerable<string> arguments, string? folder, Func<string, bool> isReady)
    {
        Process? process = Begin(program, arguments, folder);
        if (process is null) return null;
        var server = new ServerProcess(process);
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"{program} ended: {Said()}"));
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return (server, await ready.Task.WaitAsync(Patience));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        void Hear(string? line)
        {
            if (line is null) return;
            lock (said) said.Add(line);
            if (isReady(line)) ready.TrySetResult(line);
        }

        string Said()
        {
            lock (said) return string.Join(" | ", said.TakeLast(8));
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its exit code and what it said; null if there is no such program.</returns>
    public static async Task<(int Code, string Said)?> RunAsync(string program, IEnumerable<string> arguments, string folder)
    {
        using Process? process = Begin(program, arguments, folder);
        if (process is null) return null;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await error + await output);
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process? Begin(string program, IEnumerable<string> arguments, string? folder)
    {
        // On Windows npm is a batch file, which only the shell can start.
        bool isBatch = OperatingSystem.IsWindows() && program == "npm";
        var start = new ProcessStartInfo(isBatch ? "cmd.exe" : program, isBatch ? ["/c", program, .. arguments] : arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
