using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Data.Images;
using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Search.Stores;
using CsAligner.Server;
using CsAligner.Server.Configuration;
using CsAligner.Server.Encoding;
using CsAligner.Server.Keys;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign serve</c>: one index of pictures and words as a service, with a page.</summary>
internal static class ServeVerb
{
    /// <summary>An address of a store that may hold a password, for whoever does not want it on the command line.</summary>
    public const string StoreVariable = "CSALIGN_STORE";

    private const string ReadKeyVariable = "CSALIGN_READ_KEY", WriteKeyVariable = "CSALIGN_WRITE_KEY";

    public static Command Create(CommandRunner runner)
    {
        var defaults = new SearchServerOptions();
        Argument<string> source = CommonOptions.Path(
            "SOURCE", PathRole.ServedIndex, "A feature set, which becomes an index on the first start; or an index");
        var encoders = new EncoderOptions("The encoder that made the features, as in embed");
        Option<string?> adapter = CommonOptions.OptionalPath(
            "--adapter", PathRole.Run, "Align's output folder; by default a set with a modality gap is aligned in closed form");
        Option<bool> unaligned = new("--unaligned") { Description = "Serve features as they are, modality gap or not" };
        Option<string?> store = new("--store")
        {
            Description = $"Keep the index there: a folder or a store; by default {StoreVariable}, else in the feature set",
            HelpName = "ADDRESS",
        };
        Option<string[]> pictures = CommonOptions.Paths(
            "--pictures", PathRole.PictureFolder, "The folder that the features' image paths start from; repeat for several");
        Option<string?> uploads = CommonOptions.OptionalPath(
            "--uploads", PathRole.OutputFolder, "Keep pictures that are added over HTTP here; by default in a folder of the index");
        Option<string> listen = new("--listen")
        {
            Description = "Listen at this address; beyond this machine it needs a key",
            HelpName = "ADDR:PORT",
            DefaultValueFactory = _ => defaults.Listen,
        };
        Option<string?> keys = CommonOptions.OptionalPath("--api-key-file", PathRole.TextFile,
            $"Ask for keys, lines 'read KEY' or 'write KEY'; {ReadKeyVariable} and {WriteKeyVariable} hold one");
        Option<bool> readOnly = new("--read-only") { Description = "Refuse to add and remove items" };
        Option<string[]> hosts = new("--host-name")
        {
            Description = "Answer for this host name of a proxy, without keys too; repeat for several",
            HelpName = "NAME",
        };
        Option<int> rate = CommonOptions.Count(
            "--rate", "Answer this many requests a second of one address; 0 for no limit", defaults.RequestsPerSecond, least: 0,
                most: 1_000_000);
        Option<int> concurrent = CommonOptions.Count(
            "--max-concurrent", "Work on this many requests at a time; as many again wait", defaults.MaxConcurrent, most: 10_000);
        Option<long?> pictureBytes = CommonOptions.Bytes(
            "--max-picture", "Take pictures of at most this size; by default 20M");
        Option<double> megapixels = CommonOptions.Number("--max-megapixels", "Take pictures of at most this many million pixels",
            defaults.PictureLimits.MaxPixels / 1e6, 0.01, ImageDecoder.MaxPixels / 1e6);
        Option<int> workers = CommonOptions.Count(
            "--picture-workers", "Decode pictures in this many processes", defaults.PictureWorkers, most: 64);
        var command = new Command("serve", "Serve an index of pictures and words over HTTP, with a page")
        {
            source, adapter, unaligned, store, pictures, uploads, listen, keys, readOnly, hosts, rate, concurrent, pictureBytes, megapixels,
            workers,
        };
        encoders.AddTo(command);
        runner.SetAction(command, (parsed, session) =>
        {
            var options = new SearchServerOptions
            {
                Listen = parsed.GetRequiredValue(listen),
                Keys = ReadKeys(session, parsed.GetValue(keys)),
                Writable = !parsed.GetValue(readOnly),
                HostNames = parsed.GetValue(hosts) ?? [],
                PictureFolders = parsed.GetValue(pictures) ?? [],
                RequestsPerSecond = parsed.GetValue(rate),
                MaxConcurrent = parsed.GetValue(concurrent),
                PictureWorkers = parsed.GetValue(workers),
                PictureLimits = defaults.PictureLimits with { MaxPixels = (long)(parsed.GetValue(megapixels) * 1e6) },
                Logging = logging => logging.SetMinimumLevel(LogLevel.Warning)
                    .AddSimpleConsole(console => console.SingleLine = true)
                    .Services.Configure<ConsoleLoggerOptions>(
                        console => console.LogToStandardErrorThreshold = LogLevel.Trace),
            };
            if (parsed.GetValue(pictureBytes) is { } most)
                options = options with
                {
                    MaxPictureBytes = (int)Math.Min(most, 1 << 30),
                    MaxRequestBytes = Math.Max(options.MaxRequestBytes, most + (1 << 20))
                };
            EmbedModel model = encoders.Open(session, parsed, null, null);
            var served = new ServedSource(session, parsed.GetRequiredValue(source),
                parsed.GetValue(store) ?? session.Terminal.Environment(StoreVariable), model, parsed.GetValue(adapter),
                parsed.GetValue(unaligned));
            Synchronously.Run(() => ServeAsync(session, served, options, parsed.GetValue(uploads)));
        },
        parsed => encoders.Check(parsed, null, null));
        return command;
    }

    private static async Task ServeAsync(Session session, ServedSource source, SearchServerOptions options, string? uploads)
    {
        await using ISearchIndex index = await source.OpenAsync();
        using ServedSpace space = source.Space;
        string? folder = uploads ?? source.UploadFolder;
        await using SearchServer server = await SearchServer.StartAsync(index, space.Encoder,
            options with { UploadFolder = folder, RowBefore = space.RowBefore }, session.Cancellation);
        ItemCounts counts = await index.CountAsync(session.Cancellation);
        session.Terminal.Say($"{counts.Images} pictures and {counts.Texts} texts"
            + $"{(options.Writable && folder is null ? "; pictures that are added are not kept, only found: give --uploads" : "")}");
        if (options.PictureFolders.Count == 0 && source.IsFeatureSet && counts.Images > 0)
            session.Terminal.Say("note: pictures are shown as names; give --pictures FOLDER, the folder that was embedded, to show them");
        await session.Terminal.Output.WriteLineAsync(server.Address.ToString());
        await session.Terminal.Output.FlushAsync(CancellationToken.None);

        // Until Ctrl-C, which is how a service ends.
        try
        {
            await Task.Delay(Timeout.Infinite, session.Cancellation);
        }
        catch (OperationCanceledException)
        {
            session.Terminal.Say("stopping: requests that are under way are finished first");
        }
    }

    private static ApiKeys? ReadKeys(Session session, string? file)
    {
        string? read = session.Terminal.Environment(ReadKeyVariable), write = session.Terminal.Environment(WriteKeyVariable);
        if (file is not null && (read ?? write) is not null)
            throw new UsageException(
                $"keys come from --api-key-file and from {ReadKeyVariable} or {WriteKeyVariable}: give one of the two");
        if (file is not null) return ApiKeys.Read(file);
        return (read ?? write) is null ? null : new ApiKeys(read is null ? [] : [read], write is null ? [] : [write]);
    }
}
