using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using CsAligner.Search;
using CsAligner.Server.Configuration;
using CsAligner.Server.Encoding;
using CsAligner.Server.Items;
using CsAligner.Server.Metering;
using CsAligner.Server.Pages;
using CsAligner.Server.Pictures;
using CsAligner.Server.Requests;
using CsAligner.Server.Routes;
using CsAligner.Server.Security;
using CsAligner.Server.Surveys;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CsAligner.Server;

/// <summary>
/// An index as a service: searches by words, pictures and items over HTTP, with a page. It listens to this machine only unless it has keys,
/// decodes pictures in processes of their own, and asks nobody for anything.
/// </summary>
public sealed class SearchServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Parts _parts;
    private readonly TimeSpan _stopTime;
    private int _disposed;

    private SearchServer(WebApplication app, Parts parts, TimeSpan stopTime, Uri address) =>
        (_app, _parts, _stopTime, Address) = (app, parts, stopTime, address);

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>What it answers at: what its description must say.</summary>
    internal IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Starts it.</summary>
    /// <param name="index">What is searched. It stays the caller's.</param>
    /// <param name="encoder">The model of the index. It stays the caller's.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="InputException">The model is not that of the index, the address cannot be listened at, it reaches beyond this
    /// machine without keys, or an option is out of range.</exception>
    public static async Task<SearchServer> StartAsync(
        ISearchIndex index, SpaceEncoder encoder, SearchServerOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(encoder);
        options ??= new SearchServerOptions();
        options.Check();
        if (encoder.Width != index.Width)
            throw new InputException(
                $"the index has vectors of {index.Width} values, '{encoder.Name}' gives {encoder.Width}: take the model "
                + "and the adapter that the index was made with");
        ListenAddress listen = ListenAddress.Parse(options.Listen);
        if (!listen.IsLoopback && options.Keys is null)
            throw new InputException($"'{options.Listen}' can be reached from other machines, and there is no key: set one, or listen at "
                + "127.0.0.1");
        WebApplication app = Build(listen, options);
        Parts? parts = null;
        try
        {
            parts = new Parts(index, encoder, options, app.Services.GetRequiredService<ILoggerFactory>());
            if (encoder.Preprocessing is not null || options.PictureFolders.Count > 0) await parts.Decoders.WarmUpAsync(cancellation);
            parts.Map(app);
            try
            {
                await app.StartAsync(cancellation);
            }
            catch (IOException failure)
            {
                throw new InputException($"cannot listen at {options.Listen}: {(failure.InnerException ?? failure).Message}; give another "
                    + "address, or port 0 for any free one", failure);
            }

            return new SearchServer(app, parts, options.StopTime, new Uri(app.Urls.First()));
        }
        catch
        {
            await app.DisposeAsync();
            if (parts is not null) await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it: no new requests, those under way are finished within <see cref="SearchServerOptions.StopTime"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        using (var limit = new CancellationTokenSource(_stopTime)) await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        await _parts.DisposeAsync();
    }

    private static WebApplication Build(ListenAddress listen, SearchServerOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTime);
        options.Logging?.Invoke(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            listen.Apply(kestrel);
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = Limiter(options);
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                return ValueTask.CompletedTask;
            };
        });
        builder.Services.Configure<FormOptions>(form =>
        {
            form.MultipartBodyLengthLimit = options.MaxRequestBytes;
            form.MemoryBufferThreshold = 1 << 20;
            form.ValueCountLimit = 256;
            form.ValueLengthLimit = 1 << 20;
            form.KeyLengthLimit = 256;
        });
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter(ServerMeters.Name).AddPrometheusExporter())
            .WithTracing(traces => traces.AddAspNetCoreInstrumentation());

        // The one thing that leaves the machine, and only where whoever runs it names a collector.
        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }) telemetry.UseOtlpExporter();
        return builder.Build();
    }

    // By address: whoever asks too much waits, whoever guesses keys too. Whether the process lives can be asked at any time.
    private static PartitionedRateLimiter<HttpContext> Limiter(SearchServerOptions options)
    {
        var rate = PartitionedRateLimiter.Create<HttpContext, IPAddress>(context =>
            options.RequestsPerSecond == 0 || IsHealth(context)
                ? RateLimitPartition.GetNoLimiter(IPAddress.None)
                : RateLimitPartition.GetTokenBucketLimiter(context.Connection.RemoteIpAddress ?? IPAddress.None,
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = 2 * options.RequestsPerSecond,
                        TokensPerPeriod = options.RequestsPerSecond,
                        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                        QueueLimit = 0,
                    }));
        var concurrency = PartitionedRateLimiter.Create<HttpContext, bool>(context => IsHealth(context)
            ? RateLimitPartition.GetNoLimiter(false)
            : RateLimitPartition.GetConcurrencyLimiter(true, _ => new ConcurrencyLimiterOptions
            {
                PermitLimit = options.MaxConcurrent,
                QueueLimit = options.MaxConcurrent,
            }));
        return PartitionedRateLimiter.CreateChained(rate, concurrency);

        static bool IsHealth(HttpContext context) => HealthRoutes.Paths.Contains(context.Request.Path.Value);
    }

    /// <summary>The process's signals are its own affair.</summary>
    private sealed class OwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>What the requests work with.</summary>
    private sealed class Parts : IAsyncDisposable
    {
        private readonly ISearchIndex _index;
        private readonly SpaceEncoder _encoder;
        private readonly SearchServerOptions _options;
        private readonly ILogger _log;
        private readonly ServerMeters _meters = new();
        private readonly EncodingQueue _queue;
        private readonly SurveyKeeper _surveys;
        private readonly PictureStore _pictures;

        public Parts(ISearchIndex index, SpaceEncoder encoder, SearchServerOptions options, ILoggerFactory logs)
        {
            (_index, _encoder, _options) = (index, encoder, options);
            _pictures = new PictureStore(options);
            _log = logs.CreateLogger<SearchServer>();
            Decoders = new PictureDecoders(options, _meters);
            _queue = new EncodingQueue(encoder, _meters);
            _surveys = new SurveyKeeper(index, options.RowBefore, logs.CreateLogger<SurveyKeeper>());
        }

        public PictureDecoders Decoders { get; }

        public void Map(WebApplication app)
        {
            var gate = new Gate(_options);
            var queries = new QueryEncoder(_encoder, _queue, Decoders, _options);
            var items = new ItemJson(_pictures);
            app.Use((context, next) =>
            {
                Headers.Write(context);
                return next(context);
            });
            app.Use((context, next) => Problems.CatchAsync(context, _ => next(context), _log));
            app.UseRateLimiter();
            app.Use((context, next) => Deadline.RunAsync(context, _ => next(context), _options.RequestTime));
            app.Use((context, next) => gate.PassAsync(context, _ => next(context)));
            app.UseRouting();
            new PageRoutes(gate, _encoder, _options).Map(app);
            new SearchRoutes(_index, queries, _surveys, items, _meters, _options).Map(app);
            new ItemRoutes(_index, new ItemReader(queries, _pictures), items, _pictures, _surveys, gate, _options).Map(app);
            new PictureRoutes(_index, _pictures, Decoders, _options).Map(app);
            new EmbeddingRoutes(queries, _encoder.Name).Map(app);
            new StatsRoutes(_index, _encoder, _surveys, items).Map(app);
            new HealthRoutes(_index).Map(app);
            DocumentRoutes.Map(app);
            app.MapPrometheusScrapingEndpoint("/metrics");
        }

        public async ValueTask DisposeAsync()
        {
            await _queue.DisposeAsync();
            await _surveys.DisposeAsync();
            Decoders.Dispose();
            _meters.Dispose();
        }
    }
}
