using System.CommandLine;
using System.CommandLine.Parsing;
using CsAligner.Generation;
using CsAligner.Generation.Diffusion;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign generate</c>: pictures of words, of pictures or of embeddings, by a decoder that knows image embeddings alone.</summary>
internal static class GenerateVerb
{
    private const int MostSteps = 1000, MostGuidance = 20, MostPictures = 10_000;

    public static Command Create(CommandRunner runner)
    {
        var defaults = new GenerationOptions();
        Argument<string[]> words = new("WORDS")
        {
            Description = "What pictures are made of, each a text of its own. After -- all are words.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string[]> images = new("--image")
        {
            Description = "In place of words: a picture, of which variations are made; once for each.",
            HelpName = "PATH",
        };
        Option<string?> embeddings = CommonOptions.OptionalPath(
            "--embeddings", "In place of words: rows in the decoder's space, a .npy file or a feature-set folder.");
        Option<string> decoder = new("--decoder")
        {
            Description = $"{ShippedModel.Decoder}, which comes along and makes icons, or a folder that pretrain wrote.",
            HelpName = "PATH",
            DefaultValueFactory = _ => ShippedModel.Decoder,
        };
        Option<string?> model = CommonOptions.OptionalPath(
            "--model", $"What embeds the input: the model that the decoder was trained with. Left out: {ShippedModel.Name}.");
        Option<string?> adapter = CommonOptions.OptionalPath(
            "--adapter", "The folder that align wrote: words take its text adapter, pictures its image adapter if it trained one.");
        Option<int> count = CommonOptions.Count("--count", "Pictures of each input, from noise of their own.", defaults.Count, most: MostPictures);
        Option<int> steps = CommonOptions.Count("--steps", "Steps from noise to picture.", defaults.Steps, most: MostSteps);
        Option<double> guidance = CommonOptions.Number(
            "--guidance", "How far the embedding is exaggerated; 1: not at all, in half the time.", defaults.Guidance, 0, MostGuidance);
        Option<string> sampler = CommonOptions.Choice(
            "--sampler", "How a step is taken: heun asks the decoder twice and errs less.", Samplers.Default, [.. new Samplers().Names]);
        Option<ulong> seed = CommonOptions.Seed();
        Option<string> output = CommonOptions.RequiredPath("--out", "The folder to write pictures to.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("generate", "Make pictures of words, pictures or embeddings.")
        {
            words, images, embeddings, decoder, model, adapter, count, steps, guidance, sampler, seed, output, json,
        };
        runner.SetAction(command, (parsed, session) =>
        {
            RefuseMistyped(parsed);
            var inputs = new GenerateInputs(
                parsed.GetValue(words) ?? [],
                parsed.GetValue(images) ?? [],
                parsed.GetValue(embeddings),
                parsed.GetValue(model),
                parsed.GetValue(adapter));
            inputs.Check();
            var options = new GenerationOptions
            {
                Count = parsed.GetValue(count),
                Steps = parsed.GetValue(steps),
                Guidance = parsed.GetValue(guidance),
                Seed = parsed.GetValue(seed),
            };
            var run = new GenerateRun(session, inputs, parsed.GetRequiredValue(decoder), parsed.GetRequiredValue(sampler), options);
            run.Write(parsed.GetRequiredValue(output), parsed.GetValue(json));
        });
        return command;
    }

    // Words take whatever no option takes: a mistyped option would be made a picture of, and its value another.
    private static void RefuseMistyped(ParseResult parsed)
    {
        Token? mistyped = parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type == TokenType.Argument && IsLikeOption(token.Value));
        if (mistyped is null) return;
        throw new UsageException(
            $"there is no option {mistyped.Value}: 'csalign generate --help' shows all; words that begin like one come after --");
    }

    private static bool IsLikeOption(string text) =>
        text.Length > 2 && text.StartsWith("--", StringComparison.Ordinal) && char.IsAsciiLetter(text[2]) && !text.Any(char.IsWhiteSpace);
}
