using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>A <c>csalign serve</c> in a process of its own, at a free port.</summary>
internal sealed class ServedProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly HttpClient _http;

    private ServedProcess(Process process, Task<string> error, Uri address) =>
        (_process, _error, _http) = (process, error, new HttpClient { BaseAddress = address });

    /// <summary>Starts it.</summary>
    /// <param name="arguments">What follows <c>serve</c>, without the address.</param>
    /// <param name="folder">Where it runs; null for here.</param>
    /// <exception cref="InvalidOperationException">It ended; the message is what it said.</exception>
    public static async Task<ServedProcess> StartAsync(string[] arguments, string? folder = null)
    {
        var start = new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "csalign.dll"), "serve", .. arguments, "--listen", "127.0.0.1:0"])
        {
            WorkingDirectory = folder ?? "",
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string? line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (line is not null) return new ServedProcess(process, error, new Uri(line));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.Dispose();
        throw new InvalidOperationException(await error);
    }

    /// <summary>The JSON at an address.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        string text = await _http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The ids that a search finds.</summary>
    public async Task<string[]> FindAsync(string query) =>
        [.. (await GetAsync($"v1/search?{query}")).GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("id").GetString()!)];

    /// <summary>Ends it as a service is ended, and gives what it said.</summary>
    public async Task<(int Code, string Error)> StopAsync()
    {
        const int Terminate = 15;
        Assert.Equal(0, Kill(_process.Id, Terminate));
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _http.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
