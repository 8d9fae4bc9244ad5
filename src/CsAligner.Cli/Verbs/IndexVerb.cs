using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Search;
using CsAligner.Search.Copying;
using CsAligner.Search.Items;
using CsAligner.Search.Stores;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign index copy</c>: moves an index from one store to another.</summary>
internal static class IndexVerb
{
    public static Command Create(CommandRunner runner) => new("index", "Work on indexes that serve opens") { Copy(runner) };

    private static Command Copy(CommandRunner runner)
    {
        Argument<string> from = CommonOptions.Path("FROM", PathRole.ServedIndex, "The index: a folder, postgres://… or redis://…");
        Argument<string> to =
            CommonOptions.Path("TO", PathRole.ServedIndexToWrite, "Where the copy goes: a new folder, postgres://… or redis://…");
        Option<bool> merge = new("--merge") { Description = "Add to the items that are there; those with the same ids are replaced" };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("copy", "Copy all items of an index into another store, vectors bit for bit") { from, to, merge, json };
        runner.SetAction(command, (parsed, session) =>
        {
            (string source, string target) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to));
            if (source == target) throw new UsageException($"'{target}' is the index itself: give another place");
            long copied = 0;
            Synchronously.Run(async () =>
            {
                await using ISearchIndex first = await IndexStores.BuiltIn.OpenAsync(source, null, session.Cancellation);
                await using ISearchIndex second = await IndexStores.BuiltIn.OpenAsync(target, first.Width, session.Cancellation);
                ItemCounts counts = await first.CountAsync(session.Cancellation);
                session.Terminal.WithProgress("copying", counts.Total, progress => copied = Synchronously.Run(() => IndexCopy.RunAsync(
                    first, second, parsed.GetValue(merge), new AtOnce(done => progress.Report(done)), session.Cancellation)), "items");
            });
            if (parsed.GetValue(json)) session.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("items", copied);
                writer.WriteEndObject();
            });
            else session.Terminal.Say($"{copied} items copied");
        });
        return command;
    }

    private sealed class AtOnce(Action<long> done) : IProgress<long>
    {
        void IProgress<long>.Report(long value) => done(value);
    }
}
