using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CsAligner.Data.Images;
using CsAligner.Search.Embedded;

namespace CsAligner.Kills;

/// <summary>
/// A search service that is read and written for minutes, and killed in between if asked to be. No request may fail, nothing that was
/// acknowledged may be missing, and the process may not grow.
/// </summary>
internal sealed class ServiceSoak(string folder, int seed) : IDisposable
{
    private const int Width = 192, KeptItems = 400, Side = 48;

    // What a process may still take once it is warm: the collector's own habits, not a leak.
    private const double Growth = 1.15;
    private const long Slack = 24 << 20;

    private readonly ConcurrentDictionary<string, bool> _kept = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly SemaphoreSlim _away = new(1);
    private HttpClient _http = new();
    private Process? _process;
    private long _requests;
    private volatile int _lives;

    /// <summary>Runs it and says each minute how it goes.</summary>
    /// <exception cref="KillException">Something was lost, failed or grew.</exception>
    public async Task RunAsync(double minutes, int kills, Action<string> say)
    {
        string index = Path.Combine(folder, "index");
        await using (await EmbeddedIndex.OpenAsync(index, new EmbeddedIndexOptions { Width = Width }))
        {
            // An empty index of the model's width.
        }

        Start(index);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(minutes));
        Task[] clients = [.. Enumerable.Range(0, 4).Select(client => Task.Run(() => ReadAsync(client, stop.Token))),
            .. Enumerable.Range(0, 2).Select(client => Task.Run(() => WriteAsync(client, stop.Token)))];
        var resident = new List<long>();
        var random = new Random(seed);
        double pause = 60 * minutes / (kills + 1);
        for (int minute = 1; !stop.IsCancellationRequested; minute++)
        {
            double wait = kills > 0 ? pause * (0.5 + random.NextDouble()) : Math.Min(60, 6 * minutes);
            await Task.Delay(TimeSpan.FromSeconds(wait), stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (stop.IsCancellationRequested) break;
            if (kills > 0)
            {
                await KillAsync(index);
                kills--;
                continue;
            }

            resident.Add(Resident());
            say(string.Create(CultureInfo.InvariantCulture,
                $"{minute}: {Interlocked.Read(ref _requests)} requests, {_kept.Count} items of ours, "
                + $"{resident[^1] >> 20} MiB, {Directory.GetFiles($"/proc/{_process!.Id}/fd").Length} files open"));
        }

        await Task.WhenAll(clients);
        await CheckAsync();
        if (resident.Count >= 4)
        {
            long warm = resident[resident.Count / 3], end = resident[^1];
            if (end > (warm * Growth) + Slack) throw new KillException($"the service grew from {warm >> 20} to {end >> 20} MiB");
        }

        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        if (_failures.TryPeek(out string? failure)) throw new KillException($"{_failures.Count} requests failed, the first: {failure}");
        say($"{_requests} requests, none failed; all {_kept.Count} items that should be there are there");
    }

    public void Dispose()
    {
        _http.Dispose();
        _away.Dispose();
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Start(string index)
    {
        var start = new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "csalign.dll"), "serve", index, "--model", "icon-clip",
            "--listen", "127.0.0.1:0", "--rate", "0"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        string address = _process.StandardOutput.ReadLine() ?? throw new KillException("the service did not start");
        _http.Dispose();
        _http = new HttpClient { BaseAddress = new Uri(address) };
    }

    private async Task KillAsync(string index)
    {
        await _away.WaitAsync();
        _lives++;
        _process!.Kill();
        await _process.WaitForExitAsync();
        Start(index);
        await CheckAsync();
        _lives++;
        _away.Release();
    }

    private async Task CheckAsync()
    {
        foreach (var (id, there) in _kept)
        {
            using HttpResponseMessage answer = await _http.GetAsync(new Uri($"v1/items/{id}", UriKind.Relative));
            if (there != (answer.StatusCode == HttpStatusCode.OK))
                throw new KillException($"the item {id} {(there ? "was acknowledged and is gone" : "was removed and is there")}");
        }
    }

    private async Task ReadAsync(int client, CancellationToken stop)
    {
        for (int i = client; !stop.IsCancellationRequested; i += 4)
        {
            Func<Task<HttpResponseMessage>> ask = (i % 5) switch
            {
                0 => () => _http.GetAsync(new Uri("v1/stats", UriKind.Relative), CancellationToken.None),
                1 => () => _http.PostAsync(new Uri("v1/search", UriKind.Relative), Form(i), CancellationToken.None),
                2 => () => _http.GetAsync(new Uri("v1/items?limit=20", UriKind.Relative), CancellationToken.None),
                _ => () => _http.GetAsync(new Uri($"v1/search?q=red+shape+{i}&min_score=auto", UriKind.Relative), CancellationToken.None),
            };

            await AskAsync(ask, HttpStatusCode.OK);
        }
    }

    private async Task WriteAsync(int client, CancellationToken stop)
    {
        var mine = new Queue<string>();
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{client}-{i}");
            Uri address = new($"v1/items/{id}", UriKind.Relative);
            bool isPicture = i % 4 == 0;
            if (await AskAsync(() => _http.PutAsync(address, isPicture ? Form(i) : Words(i), CancellationToken.None), HttpStatusCode.OK))
            {
                _kept[id] = true;
                mine.Enqueue(id);
                if (isPicture)
                    await AskAsync(() =>
                        _http.GetAsync(new Uri($"v1/items/{id}/picture?size=32", UriKind.Relative), CancellationToken.None),
                        HttpStatusCode.OK);
            }

            if (mine.Count <= KeptItems) continue;
            string old = mine.Dequeue();
            if (await AskAsync(() =>
                _http.DeleteAsync(new Uri($"v1/items/{old}", UriKind.Relative), CancellationToken.None), HttpStatusCode.NoContent))
                _kept[old] = false;
            else
                _kept.TryRemove(old, out _);
        }
    }

    // While the service is killed, requests may fail; what became of them is not known, and nobody counts on it.
    private async Task<bool> AskAsync(Func<Task<HttpResponseMessage>> ask, params HttpStatusCode[] expected)
    {
        await _away.WaitAsync();
        int life = _lives;
        _away.Release();
        try
        {
            using HttpResponseMessage answer = await ask();
            Interlocked.Increment(ref _requests);
            if (expected.Contains(answer.StatusCode)) return true;
            if (life == _lives) _failures.Enqueue($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or InvalidOperationException)
        {
            if (life == _lives) _failures.Enqueue(failure.Message);
        }

        return false;
    }

    private static StringContent Words(int number) => new(
        $"{{\"text\": \"thing {number}\", \"attributes\": {{\"number\": {number}}}}}",
        Encoding.UTF8, "application/json");

    private static MultipartFormDataContent Form(int number)
    {
        var rgb = new byte[Side * Side * 3];
        new Random(number).NextBytes(rgb);
        var file = new ByteArrayContent(PngFile.Encode(rgb, Side, Side));
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        return new MultipartFormDataContent { { file, "image", "picture.png" } };
    }

    private long Resident() => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process!.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))[6..]
            .Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
