using Microsoft.Playwright;

namespace CsAligner.Web.Tests.Site;

/// <summary>A test that visits the page.</summary>
public abstract class PageTest(Chromium chromium, SearchServer server)
{
    /// <summary>A window of a desktop, and one of a phone.</summary>
    internal static readonly (int Width, int Height) Desktop = (1280, 800), Phone = (390, 844);

    /// <summary>Opens the page in a browser that nobody else uses.</summary>
    internal async Task<Visit> VisitAsync(string path = "/", bool phone = false, bool dark = false, bool still = true, bool locked = false)
    {
        var (width, height) = phone ? Phone : Desktop;
        Uri service = locked ? await server.LockedAddressAsync() : await server.AddressAsync();
        return await Visit.BeginAsync(await chromium.BrowserAsync(), service, path, new()
        {
            ViewportSize = new() { Width = width, Height = height },
            IsMobile = phone,
            HasTouch = phone,
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = still ? ReducedMotion.Reduce : ReducedMotion.NoPreference,
        });
    }
}
