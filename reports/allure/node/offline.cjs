// Loaded before Allure: a report is built without any network, whatever Allure may come to want.

const refuse = () => {
  throw new Error("there is no network while a report is built");
};
require("node:net").Socket.prototype.connect = refuse;
require("node:dgram").createSocket = refuse;
require("node:dns").lookup = refuse;
