for (const form of document.querySelectorAll("form[data-passkey]")) {
  const isNew = form.dataset.passkey === "create", told = form.querySelector("[role=alert]"), failed = told.textContent;
  const read = self.PublicKeyCredential?.[isNew ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
  form.hidden = !read;
  form.onsubmit = async (event) => {
    event.preventDefault();
    told.hidden = true;
    let message = failed;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const text = await answer.json();
      if (!answer.ok) throw (message = text.message);
      const publicKey = read.call(PublicKeyCredential, JSON.parse(text));
      form.response.value = JSON.stringify(await navigator.credentials[isNew ? "create" : "get"]({ publicKey }));
      form.action = event.submitter.formAction;
      form.submit();
    } catch {
      told.textContent = message;
      told.hidden = false;
    }
  };
}
