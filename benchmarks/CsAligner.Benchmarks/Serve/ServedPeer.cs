using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Serve;

/// <summary>A search server in a process of its own.</summary>
internal sealed class ServedPeer : IDisposable
{
    private static readonly MediaTypeHeaderValue JsonType = new("application/json");

    private readonly HttpClient _http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly Process? _process;
    private readonly string _path, _more;

    private ServedPeer(string name, Process? process, string about, string path, string more) =>
        (Name, _process, About, _path, _more) = (name, process, about, path, more);

    public string Name { get; }

    /// <summary>Names and versions; empty for ours.</summary>
    public string About { get; }

    private Uri Address { get; init; } = new("http://127.0.0.1");

    public long ResidentBytes => _process is null ? 0 : 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line =>
            line.StartsWith("VmRSS:", StringComparison.Ordinal))[6..].Replace("kB", "", StringComparison.Ordinal),
        CultureInfo.InvariantCulture);

    /// <summary>Ours.</summary>
    public static ServedPeer Ours(string name, string index, string clip)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "csalign.dll"), "serve", index, "--model", clip,
            "--listen", "127.0.0.1:0", "--rate", "0",
        ];
        Process process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string address = process.StandardOutput.ReadLine()
            ?? throw new InputException("serve: csalign did not start; its message stands above");
        return new ServedPeer(name, process, "", "v1/search", "") { Address = new Uri(address) };
    }

    /// <summary>The same process, asked to compare with every item.</summary>
    public static ServedPeer OursExact(ServedPeer ours) =>
        new($"{ours.Name}, exact", null, "", ours._path, "&exact=true") { Address = ours.Address };

    public static ServedPeer Python(string script, string server, string kind, string rows, string index, string clip, int expansion)
    {
        string port = Text(FreePort()), threads = Text(Compute.Threads);
        string[] arguments = [script, server, kind, rows, index, port, threads, clip, Text(expansion)];
        ProcessStartInfo start = PythonPeer.Python();
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        (start.RedirectStandardOutput, start.UseShellExecute) = (true, false);
        Process process = Process.Start(start)!;
        string about = process.StandardOutput.ReadLine()
            ?? throw new InputException("serve: the peer did not start; benchmarks/setup-peers.sh installs what it needs");
        string name = $"{(server == "plain" ? "http.server" : "Flask")} + faiss {(kind == "flat" ? "flat" : "HNSW")}";
        return new ServedPeer(name, process, about, "search", "") { Address = new Uri($"http://127.0.0.1:{port}") };
    }

    /// <summary>The ids that a vector finds.</summary>
    public string[] Find(float[] vector, int top)
    {
        using JsonDocument answer = JsonDocument.Parse(Synchronously.Run(() => AskAsync(vector, top)));
        return [.. answer.RootElement.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("id").ToString())];
    }

    public async Task<string> AskAsync(float[] vector, int top)
    {
        var body = new StringBuilder("{\"vector\":[");
        body.AppendJoin(',', vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
        body.Append(CultureInfo.InvariantCulture, $"],\"top\":{top}{(_more.Length > 0 ? ",\"exact\":true" : "")}}}");
        using var content = new StringContent(body.ToString(), JsonType);
        using HttpResponseMessage answer = await _http.PostAsync(new Uri(Address, _path), content);
        return await Checked(answer);
    }

    public async Task<string> AskAsync(string words, int top)
    {
        using HttpResponseMessage answer =
            await _http.GetAsync(
                new Uri(Address, $"{_path}?q={Uri.EscapeDataString(words)}&top={top.ToString(CultureInfo.InvariantCulture)}{_more}"));
        return await Checked(answer);
    }

    public void Dispose()
    {
        _http.Dispose();
        if (_process is null) return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<string> Checked(HttpResponseMessage answer)
    {
        string body = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? body : throw new InputException($"serve: a server answered {(int)answer.StatusCode}: {body}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
